// Kernels for x86 with AVX2: products of bytes by way of saturating 16-bit sums that never saturate.
#include "nn/kernels.h"

#if defined(__x86_64__) && defined(__GNUC__)

#define FACESDK_TARGET __attribute__((target("avx2")))
#include "nn/vectors_avx2.h"

namespace facesdk {
namespace {

struct V : Avx2Vectors {
  static constexpr int kPixels[2] = {4, 2};

  struct A {
    __m256i magnitude, value;
  };
  FACESDK_OP A broadcast4(const uint8_t* from) {
    int32_t four;
    std::memcpy(&four, from, 4);
    const __m256i value = _mm256_xor_si256(_mm256_set1_epi32(four), _mm256_set1_epi8(-128));  // less 128
    return {_mm256_abs_epi8(value), value};
  }

  // |a| times the weight with a's sign, two by two: at most 2 * 128 * 127, which fits 16 bits. The other way
  // round, |w| times a with w's sign, -128 would have no counterpart.
  FACESDK_OP I dot4(I sum, const A& a, W w) {
    const __m256i pairs = _mm256_maddubs_epi16(a.magnitude, _mm256_sign_epi8(w, a.value));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

}  // namespace
}  // namespace facesdk

#include "nn/kernel_templates.h"

namespace facesdk {
namespace {

constexpr Kernels kKernels{"avx2", VectorLevel::kAvx2, {32, 16, 16}, true, DepthwiseLayout::kPairs,
                           conv,   depthwise,          dense};

}  // namespace

const Kernels* avx2_kernels() { return &kKernels; }

}  // namespace facesdk

#else

namespace facesdk {

const Kernels* avx2_kernels() { return nullptr; }

}  // namespace facesdk

#endif
