#include "ops/contours/contours.h"
#include "python/bindings.h"
#include "python/check.h"

namespace facesdk::python {
namespace {

Bytes<'H', 'W'> contours(const Bytes<'H', 'W'>& gray) {
  const View<uint8_t> g = require(gray, "gray");
  require_range("gray's height", g.shape[0], 1, 32768);
  require_range("gray's width", g.shape[1], 1, 32768);
  Bytes<'H', 'W'> out = Bytes<'H', 'W'>::empty({g.shape[0], g.shape[1]});
  const py::gil_scoped_release release;
  Workspace workspace;
  contours_cpu({g.data, static_cast<int32_t>(g.shape[0]), static_cast<int32_t>(g.shape[1]), out.data()},
               workspace);
  return out;
}

}  // namespace

void bind_contours(py::module_& m) { m.def("contours", &contours, "gray"_a); }

}  // namespace facesdk::python
