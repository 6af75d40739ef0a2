#include <pybind11/stl.h>

#include <string>
#include <tuple>

#include "cuda/device_state.h"
#include "python/bindings.h"

namespace facesdk::python {
namespace {

namespace py = pybind11;

std::tuple<bool, bool, std::string> cuda_device() {
  const py::gil_scoped_release release;
  const CudaDevice found = find_cuda_device();
  return {found.state == CudaState::kReady, found.state != CudaState::kNotBuilt, found.details};
}

}  // namespace

void bind_cuda(py::module_& m) {
  m.def("cuda_device", &cuda_device,
        "Whether kernels can run here, whether this build has any, and what there is or why not.");
}

}  // namespace facesdk::python
