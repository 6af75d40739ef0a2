#include <string>

#include "ops/resize/resize.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

constexpr int64_t kMostPixels = 1 << 26;

using Resized = Bytes<'h', 'w', 4>;

Resized resize(const Bytes<'H', 'W', 3>& image, int64_t rows, int64_t columns, int halvings, int64_t height,
               int64_t width) {
  const View<uint8_t> from = require(image, "image");
  require_range("height", height, 1, kMostPixels);
  require_range("width", width, 1, kMostPixels / height);
  require_range("halvings", halvings, 0, 8);
  if ((from.shape[0] >> halvings) < 1 || (from.shape[1] >> halvings) < 1) {
    refuse("halvings", std::to_string(halvings), "no more than the picture's sides allow");
  }
  require_range("rows", rows, 1, height);
  require_range("columns", columns, 1, width);
  Resized out = Resized::empty({height, width, 4});
  uint8_t* data = out.data();
  const py::gil_scoped_release release;
  resize_cpu(
      {from.data, from.shape[0], from.shape[1], halvings, rows, columns, data, 4 * width, height, width},
      thread_workspace());
  return out;
}

}  // namespace

void bind_resize(py::module_& m) {
  m.def("resize", &resize, "image"_a, "rows"_a, "columns"_a, "halvings"_a, "height"_a, "width"_a);
}

}  // namespace facesdk::python
