#include <pybind11/stl.h>

#include <cmath>
#include <optional>

#include "ops/warp/warp.h"
#include "ops/warp/warp_math.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

constexpr int64_t kMaxSize = 16384;

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

// The crop (Crop: its array's type) of a picture into `out` or a new array; `target` says where it goes.
template <typename Crop, typename Target>
Crop warp_into(const Bytes<'H', 'W', 3>& image, const Floats<2, 3>& matrix, int64_t size,
               const std::optional<Crop>& out, std::vector<py::ssize_t> shape, int threads, Target target) {
  require_threads(threads);
  require_range("size", size, 1, kMaxSize);
  const View<uint8_t> picture = require(image, "image");
  WarpParams p{};
  p.image = picture.data;
  p.height = picture.shape[0];
  p.width = picture.shape[1];
  invert(require(matrix, "matrix").data, p.inverse);
  p.factor = warp_factor(p.inverse);
  p.size = size;
  p.threads = threads;
  Crop crop = out ? *out : Crop::empty(std::move(shape));
  target(&p, require_writable(crop, "out", {{'S', size}}));
  const py::gil_scoped_release release;
  warp_cpu(p, thread_workspace());
  return crop;
}

using Crop = Bytes<'S', 'S', 3>;
using Planes = Floats<3, 'S', 'S'>;

Crop warp(const Bytes<'H', 'W', 3>& image, const Floats<2, 3>& matrix, int64_t size,
          const std::optional<Crop>& out, int threads) {
  return warp_into(image, matrix, size, out, {size, size, 3}, threads,
                   [size](WarpParams* p, uint8_t* pixels) {
                     p->pixels = pixels;
                     p->pixel_bytes = 3;
                     p->row_bytes = 3 * size;
                   });
}

Planes warp_planes(const Bytes<'H', 'W', 3>& image, const Floats<2, 3>& matrix, int64_t size,
                   const std::optional<Planes>& out, int threads) {
  return warp_into(image, matrix, size, out, {3, size, size}, threads,
                   [](WarpParams* p, float* planes) { p->planes = planes; });
}

}  // namespace

void bind_warp(py::module_& m) {
  m.def("warp", &warp, "image"_a, "matrix"_a, "size"_a, "out"_a, "threads"_a);
  m.def("warp_planes", &warp_planes, "image"_a, "matrix"_a, "size"_a, "out"_a, "threads"_a);
}

}  // namespace facesdk::python
