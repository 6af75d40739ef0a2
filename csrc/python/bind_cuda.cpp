#include <pybind11/stl.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/error.h"
#include "cuda/device_state.h"
#include "python/bindings.h"

#if defined(FACESDK_HAS_CUDA)
#include "cuda/self_check.h"
#endif

namespace facesdk::python {
namespace {

namespace py = pybind11;

std::tuple<bool, bool, std::string> cuda_device() {
  const py::gil_scoped_release release;
  const CudaDevice found = find_cuda_device();
  return {found.state == CudaState::kReady, found.state != CudaState::kNotBuilt, found.details};
}

std::vector<std::pair<std::string, bool>> check_cuda_kernels() {
  const py::gil_scoped_release release;
  const CudaDevice found = find_cuda_device();
  if (found.state != CudaState::kReady) throw Error(ErrorCode::kBackendUnavailable, found.details);
  std::vector<std::pair<std::string, bool>> out;
#if defined(FACESDK_HAS_CUDA)
  for (const KernelCheck& check : check_kernels()) out.emplace_back(check.op, check.same_bits);
#endif
  return out;
}

}  // namespace

void bind_cuda(py::module_& m) {
  m.def("cuda_device", &cuda_device,
        "Whether kernels can run here, whether this build has any, and what there is or why not.");
  m.def("check_cuda_kernels", &check_cuda_kernels,
        "Ops, and whether their kernels give the CPU's bits here.");
}

}  // namespace facesdk::python
