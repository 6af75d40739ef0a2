// Whether this build and this machine can run CUDA kernels.
#pragma once

#include <string>

namespace facesdk {

enum class CudaState {
  kReady,
  kNotBuilt,      // this build has no kernels
  kNoDriver,      // there is no NVIDIA driver on this machine
  kDriverTooOld,  // for the CUDA release of the kernels
  kNoDevice,      // the driver sees no GPU, or does not start
};

struct CudaDevice {
  CudaState state;
  std::string details;  // what there is, or the reason and what to do
};

// Opens the driver by its name: nothing is linked against it, and no CUDA runtime function is called.
CudaDevice find_cuda_device();

}  // namespace facesdk
