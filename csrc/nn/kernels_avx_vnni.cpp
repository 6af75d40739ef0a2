// Kernels for x86 with AVX-VNNI: 32 products of bytes in one instruction, exact in int32.
#include "nn/kernels.h"

#if defined(__x86_64__) && defined(__GNUC__)

#define FACESDK_TARGET __attribute__((target("avx2,avxvnni")))
#include "nn/vectors_avx2.h"

namespace facesdk {
namespace {

struct V : Avx2Vectors {
  static constexpr int kPixels[2] = {4, 3};

  using A = __m256i;
  FACESDK_OP A broadcast4(const uint8_t* from) {
    int32_t four;
    std::memcpy(&four, from, 4);
    return _mm256_set1_epi32(four);
  }

  FACESDK_OP I dot4(I sum, A a, W w) { return _mm256_dpbusd_avx_epi32(sum, a, w); }
};

}  // namespace
}  // namespace facesdk

#include "nn/kernel_templates.h"

namespace facesdk {
namespace {

constexpr Kernels kKernels{
    "avx_vnni", VectorLevel::kAvxVnni, {32, 16, 16}, false, DepthwiseLayout::kPairs, conv, depthwise, dense};

}  // namespace

const Kernels* avx_vnni_kernels() { return &kKernels; }

}  // namespace facesdk

#else

namespace facesdk {

const Kernels* avx_vnni_kernels() { return nullptr; }

}  // namespace facesdk

#endif
