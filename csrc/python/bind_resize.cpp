#include "python/bind_resize.h"

#include <string>

#include "python/bindings.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

constexpr int64_t kMostPixels = 1 << 26;

py::array_t<uint8_t> shrink(py::handle image, int64_t rows, int64_t columns, int halvings, int64_t height,
                            int64_t width) {
  const View<uint8_t> picture = require<uint8_t>(image, "image", {{"H"}, {"W"}, {"3", 3}});
  require_range("height", height, 1, kMostPixels);
  require_range("width", width, 1, kMostPixels / height);
  py::array_t<uint8_t> out({height, width, int64_t{4}});
  shrink_into(picture, rows, columns, halvings, {out.mutable_data(), 4 * width, height, width});
  return out;
}

}  // namespace

void shrink_into(const View<uint8_t>& image, int64_t rows, int64_t columns, int halvings,
                 const Target& target) {
  const int64_t height = image.shape[0], width = image.shape[1];
  require_range("halvings", halvings, 0, 8);
  if ((height >> halvings) < 1 || (width >> halvings) < 1) {
    refuse("halvings", std::to_string(halvings), "no more than the picture's sides allow");
  }
  require_range("rows", rows, 1, target.height);
  require_range("columns", columns, 1, target.width);
  const py::gil_scoped_release release;
  resize_cpu({image.data, height, width, halvings, rows, columns, target.pixels, target.row_bytes,
              target.height, target.width},
             thread_workspace());
}

void bind_resize(py::module_& m) { m.def("resize", &shrink); }

}  // namespace facesdk::python
