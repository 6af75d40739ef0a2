// Kernels for ARM with plain NEON (Cortex-A53, A72).
#include "nn/kernels.h"

#if defined(__aarch64__) && defined(__GNUC__)

#define FACESDK_TARGET
#include "nn/vectors_neon.h"

namespace facesdk {
namespace {

struct V : NeonVectors {
  // Sums of two products are at most 2 * 128 * 127, which fits 16 bits.
  FACESDK_OP I dot4(I sum, A a, W w) {
    const int16x8_t low = vmull_s8(vget_low_s8(w), vget_low_s8(a)), high = vmull_high_s8(w, a);
    return vpadalq_s16(sum, vpaddq_s16(low, high));
  }
};

}  // namespace
}  // namespace facesdk

#include "nn/kernel_templates.h"

namespace facesdk {
namespace {

constexpr Kernels kKernels{"neon", VectorLevel::kPlain, {16, 16, 16}, true, DepthwiseLayout::kTaps,
                           conv,   depthwise,           dense};

}  // namespace

const Kernels* neon_kernels() { return &kKernels; }

}  // namespace facesdk

#else

namespace facesdk {

const Kernels* neon_kernels() { return nullptr; }

}  // namespace facesdk

#endif
