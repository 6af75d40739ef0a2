// Kernels for ARM with NEON and its dot products (Cortex-A76, A78AE on).
#include "nn/kernels.h"

#if defined(__aarch64__) && defined(__GNUC__)

#define FACESDK_TARGET __attribute__((target("arch=armv8.2-a+dotprod")))
#include "nn/vectors_neon.h"

namespace facesdk {
namespace {

struct V : NeonVectors {
  FACESDK_OP I dot4(I sum, A a, W w) { return vdotq_s32(sum, w, a); }
};

}  // namespace
}  // namespace facesdk

#include "nn/kernel_templates.h"

namespace facesdk {
namespace {

constexpr Kernels kKernels{
    "neon_dotprod", VectorLevel::kNeonDotprod, {16, 16, 16}, true, DepthwiseLayout::kTaps, conv, depthwise,
    dense};

}  // namespace

const Kernels* neon_dotprod_kernels() { return &kKernels; }

}  // namespace facesdk

#else

namespace facesdk {

const Kernels* neon_dotprod_kernels() { return nullptr; }

}  // namespace facesdk

#endif
