#include "python/bind_warp.h"

#include <cmath>

#include "ops/warp/warp_math.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {

namespace {

// Picture -> crop becomes crop -> picture.
void invert(const float* m, double* out) {
  const double a = m[0], b = m[1], c = m[3], d = m[4], determinant = a * d - b * c;
  if (!std::isfinite(determinant) || determinant == 0.0 || !std::isfinite(m[2]) || !std::isfinite(m[5])) {
    refuse("matrix", "one without an inverse", "a finite, invertible map from the picture to the crop");
  }
  const double scale = 1.0 / determinant;
  out[0] = d * scale;
  out[1] = -b * scale;
  out[3] = -c * scale;
  out[4] = a * scale;
  out[2] = -(out[0] * m[2] + out[1] * m[5]);
  out[5] = -(out[3] * m[2] + out[4] * m[5]);
}

}  // namespace

WarpParams warp_params(const View<uint8_t>& image, const View<float>& matrix) {
  WarpParams p{};
  p.image = image.data;
  p.height = image.shape[0];
  p.width = image.shape[1];
  invert(matrix.data, p.inverse);
  p.factor = warp_factor(p.inverse);
  return p;
}

namespace {

constexpr int64_t kMaxSize = 16384;

template <typename T>
py::array_t<T> output(py::handle out, std::initializer_list<Axis> axes, const std::vector<int64_t>& shape) {
  if (out.is_none()) return py::array_t<T>(shape);
  const View<T> view = require<T>(out, "out", axes);
  if (!view.owner.writeable()) refuse("out", "a read-only array", "one that can be written");
  return py::reinterpret_borrow<py::array_t<T>>(view.owner);
}

py::array warp(py::handle image, py::handle matrix, int64_t size, bool normalize, py::handle out,
               int threads) {
  require_threads(threads);
  require_range("size", size, 1, kMaxSize);
  const View<uint8_t> picture = require<uint8_t>(image, "image", {{"H"}, {"W"}, {"3", 3}});
  const View<float> map = require<float>(matrix, "matrix", {{"2", 2}, {"3", 3}});
  WarpParams p = warp_params(picture, map);
  p.size = size;
  p.threads = threads;
  py::array result;
  if (normalize) {
    auto planes = output<float>(out, {{"3", 3}, {"size", size}, {"size", size}}, {3, size, size});
    p.planes = planes.mutable_data();
    result = std::move(planes);
  } else {
    auto pixels = output<uint8_t>(out, {{"size", size}, {"size", size}, {"3", 3}}, {size, size, 3});
    p.pixels = pixels.mutable_data();
    p.pixel_bytes = 3;
    p.row_bytes = 3 * size;
    result = std::move(pixels);
  }
  const py::gil_scoped_release release;
  warp_cpu(p, thread_workspace());
  return result;
}

}  // namespace

void bind_warp(py::module_& m) { m.def("warp", &warp); }

}  // namespace facesdk::python
