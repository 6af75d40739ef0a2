#include "ops/damped_least_squares/damped_least_squares.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

constexpr int64_t kMostEquations = 4096;  // the system is as large as their square

Floats<'N'> ridge(const Floats<'M', 'N'>& jacobian, const Floats<'M'>& residual, float damping) {
  const View<float> j = require(jacobian, "jacobian");
  const View<float> r = require(residual, "residual", {{'M', j.shape[0]}});
  require_range("M", j.shape[0], 0, kMostEquations);
  if (!(damping > 0.0f)) refuse("damping", std::to_string(damping), "a number above 0");
  Floats<'N'> step = Floats<'N'>::empty({j.shape[1]});
  float* data = step.data();
  {
    const py::gil_scoped_release release;
    damped_least_squares_cpu({j.data, r.data, damping, j.shape[0], j.shape[1], data}, thread_workspace());
  }
  return step;
}

}  // namespace

void bind_damped_least_squares(py::module_& m) {
  m.def("damped_least_squares", &ridge, "jacobian"_a, "residual"_a, "damping"_a);
}

}  // namespace facesdk::python
