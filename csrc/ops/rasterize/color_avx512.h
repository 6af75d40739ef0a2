// Colours of three floats without a fourth being read or written, for CPUs with AVX-512.
#pragma once

#include "common/simd_dispatch.h"

#if FACESDK_X86
#include <immintrin.h>

#include <cstdint>

namespace facesdk {

#define FACESDK_INLINE512 FACESDK_AVX512 inline __attribute__((always_inline))

FACESDK_INLINE512 __m128 load_color(const float* colors, int64_t at) {
  return _mm_maskz_loadu_ps(7, colors + 3 * at);
}

FACESDK_INLINE512 void store_color(float* colors, int64_t at, __m128 color) {
  _mm_mask_storeu_ps(colors + 3 * at, 7, color);
}

// interpolate() with the differences of the corners taken
FACESDK_INLINE512 __m128 blend_colors(__m128 c0, __m128 to1, __m128 to2, float b1, float b2) {
  const __m128 first = _mm_add_ps(c0, _mm_mul_ps(_mm_set1_ps(b1), to1));
  return _mm_add_ps(first, _mm_mul_ps(_mm_set1_ps(b2), to2));
}

}  // namespace facesdk
#endif
