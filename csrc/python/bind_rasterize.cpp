#include <pybind11/stl.h>

#include <optional>
#include <tuple>

#include "ops/rasterize/rasterize.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

constexpr int64_t kMaxSide = 32767;  // pixel coordinates in fixed point fit 28 bits

template <typename T, auto... kAxes>
T* wanted(std::optional<Array<T, kAxes...>>& slot, bool want, std::vector<py::ssize_t> shape) {
  if (!want) return nullptr;
  slot = Array<T, kAxes...>::empty(std::move(shape));
  return slot->data();
}

// color, depth, triangle, bary: those that are wanted
using Pictures = std::tuple<std::optional<Floats<'H', 'W', 3>>, std::optional<Floats<'H', 'W'>>,
                            std::optional<Ints<'H', 'W'>>, std::optional<Floats<'H', 'W', 3>>>;

Pictures rasterize(const Floats<'V', 3>& points, const Ints<'T', 3>& triangles, int64_t height, int64_t width,
                   const std::optional<Floats<'V', 3>>& colors, bool cull, bool want_color, bool want_depth,
                   bool want_triangle, bool want_bary, int threads) {
  require_threads(threads);
  require_range("height", height, 1, kMaxSide);
  require_range("width", width, 1, kMaxSide);
  const View<float> v = require(points, "points");
  const View<int32_t> t = require(triangles, "triangles");
  RasterizeParams p{};
  View<float> c{};
  if (colors) {
    c = require(*colors, "colors", {{'V', v.shape[0]}});
    p.colors = c.data;
  }
  Pictures pictures;
  auto& [color, depth, triangle, bary] = pictures;
  p.color = wanted(color, want_color && p.colors != nullptr, {height, width, 3});
  p.depth = wanted(depth, want_depth, {height, width});
  p.triangle = wanted(triangle, want_triangle, {height, width});
  p.bary = wanted(bary, want_bary, {height, width, 3});
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
  return pictures;
}

}  // namespace

void bind_rasterize(py::module_& m) {
  m.def("rasterize", &rasterize, "points"_a, "triangles"_a, "height"_a, "width"_a, "colors"_a, "cull"_a,
        "want_color"_a, "want_depth"_a, "want_triangle"_a, "want_bary"_a, "threads"_a);
}

}  // namespace facesdk::python
