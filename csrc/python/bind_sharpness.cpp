#include "ops/sharpness/sharpness.h"
#include "python/bindings.h"
#include "python/check.h"

namespace facesdk::python {
namespace {

double sharpness(py::handle gray) {
  const View<float> g = require<float>(gray, "gray", {{"S"}, {"S"}});
  if (g.shape[0] != g.shape[1]) refuse("gray", describe(gray), "a square, float32 (S, S)");
  const py::gil_scoped_release release;
  return sharpness_cpu({g.data, g.shape[0]});
}

}  // namespace

void bind_sharpness(py::module_& m) { m.def("sharpness", &sharpness); }

}  // namespace facesdk::python
