#include "ops/rasterize/rasterize.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

constexpr int64_t kMaxSide = 32767;  // pixel coordinates in fixed point fit 28 bits

template <typename T>
T* wanted(py::object& slot, bool want, std::initializer_list<int64_t> shape) {
  if (!want) return nullptr;
  py::array_t<T> array{std::vector<int64_t>(shape)};
  T* data = array.mutable_data();
  slot = std::move(array);
  return data;
}

py::tuple rasterize(py::handle points, py::handle triangles, int64_t height, int64_t width, py::handle colors,
                    bool cull, bool want_color, bool want_depth, bool want_triangle, bool want_bary,
                    int threads) {
  require_threads(threads);
  require_range("height", height, 1, kMaxSide);
  require_range("width", width, 1, kMaxSide);
  const View<float> v = require<float>(points, "points", {{"V"}, {"3", 3}});
  const View<int32_t> t = require<int32_t>(triangles, "triangles", {{"T"}, {"3", 3}});
  RasterizeParams p{};
  View<float> c{};
  if (!colors.is_none()) {
    c = require<float>(colors, "colors", {{"V", v.shape[0]}, {"3", 3}});
    p.colors = c.data;
  }
  py::object color = py::none(), depth = py::none(), triangle = py::none(), bary = py::none();
  p.color = wanted<float>(color, want_color && p.colors != nullptr, {height, width, 3});
  p.depth = wanted<float>(depth, want_depth, {height, width});
  p.triangle = wanted<int32_t>(triangle, want_triangle, {height, width});
  p.bary = wanted<float>(bary, want_bary, {height, width, 3});
  p.points = v.data;
  p.triangles = t.data;
  p.num_verts = v.shape[0];
  p.num_triangles = t.shape[0];
  p.height = static_cast<int32_t>(height);
  p.width = static_cast<int32_t>(width);
  p.cull = cull;
  p.threads = threads;
  {
    const py::gil_scoped_release release;
    if (!rasterize_cpu(p, thread_workspace()))
      require_indices("triangles", t.data, 3 * t.shape[0], v.shape[0]);
  }
  return py::make_tuple(color, depth, triangle, bary);
}

}  // namespace

void bind_rasterize(py::module_& m) { m.def("rasterize", &rasterize); }

}  // namespace facesdk::python
