#include "ops/sharpness/sharpness.h"
#include "python/bindings.h"
#include "python/check.h"

namespace facesdk::python {
namespace {

double sharpness(const Floats<'S', 'S'>& gray) {
  const View<float> g = require(gray, "gray");
  const py::gil_scoped_release release;
  return sharpness_cpu({g.data, g.shape[0]});
}

}  // namespace

void bind_sharpness(py::module_& m) { m.def("sharpness", &sharpness, "gray"_a); }

}  // namespace facesdk::python
