// Prints what find_cuda_device() finds: the number of the state, then the details.
#include <cstdio>

#include "cuda/device_state.h"

int main() {
  const facesdk::CudaDevice found = facesdk::find_cuda_device();
  std::printf("%d %s\n", static_cast<int>(found.state), found.details.c_str());
}
