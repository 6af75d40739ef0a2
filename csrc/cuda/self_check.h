// Kernels against the CPU's ops on the machine at hand.
#pragma once

#include <string>
#include <vector>

namespace facesdk {

struct KernelCheck {
  std::string op;
  bool same_bits;  // as the CPU's
};

// Draws a small curved mesh, several faces at once, by the kernels and by the CPU. Throws
// Error(kBackendUnavailable) where CUDA reports an error.
std::vector<KernelCheck> check_kernels();

}  // namespace facesdk
