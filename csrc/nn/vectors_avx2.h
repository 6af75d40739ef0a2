// Elementary vector functions of AVX2 for kernel_templates.h: what AVX2 and AVX-VNNI share. Included after
// FACESDK_TARGET is defined.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace facesdk {
namespace {

#define FACESDK_OP FACESDK_TARGET static inline __attribute__((always_inline))

struct Avx2Vectors {
  static constexpr int kLanes = 8;
  using I = __m256i;
  using F = __m256;
  using W = __m256i;

  FACESDK_OP I set(int32_t value) { return _mm256_set1_epi32(value); }
  FACESDK_OP F set(float value) { return _mm256_set1_ps(value); }
  FACESDK_OP I load(const int32_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  FACESDK_OP F load(const float* from) { return _mm256_loadu_ps(from); }
  FACESDK_OP void store(float* to, F value) { _mm256_storeu_ps(to, value); }
  FACESDK_OP I add(I a, I b) { return _mm256_add_epi32(a, b); }
  FACESDK_OP I sub(I a, I b) { return _mm256_sub_epi32(a, b); }
  FACESDK_OP F add(F a, F b) { return _mm256_add_ps(a, b); }
  FACESDK_OP F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  // The second where either is no number.
  FACESDK_OP F min(F a, F b) { return _mm256_min_ps(a, b); }
  FACESDK_OP F max(F a, F b) { return _mm256_max_ps(a, b); }
  FACESDK_OP F to_float(I value) { return _mm256_cvtepi32_ps(value); }
  FACESDK_OP I round(F value) { return _mm256_cvtps_epi32(value); }  // nearest even
  FACESDK_OP F gather(const float* table, I index) { return _mm256_i32gather_ps(table, index, 4); }
  FACESDK_OP I widen(const uint8_t* from) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
  }
  FACESDK_OP I widen(const int8_t* from) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
  }
  FACESDK_OP W load_weights(const int8_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }

  // Numbers in 0..255 as bytes. Packing works within halves of a register; the permutation mends it.
  FACESDK_OP void store_bytes(uint8_t* to, const I (&whole)[2]) {
    const __m256i words = _mm256_packs_epi32(whole[0], whole[1]);
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 0, 4, 1, 5);
    const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words, words), order);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(bytes));
  }
  FACESDK_OP void store_bytes(uint8_t* to, const I (&whole)[4]) {
    const __m256i low = _mm256_packs_epi32(whole[0], whole[1]), high = _mm256_packs_epi32(whole[2], whole[3]);
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order));
  }

  // Two taps of eight channels side by side in every vector; the tenth tap is 0.
  struct DepthwiseWeights {
    __m256i pair[2][5];
  };
  FACESDK_OP DepthwiseWeights load_depthwise(const int8_t* weights, int32_t channel, int32_t) {
    DepthwiseWeights out;
    const __m256i* from = reinterpret_cast<const __m256i*>(weights) + channel / 8 * 5;
    for (int j = 0; j < 2; ++j) {
      for (int t = 0; t < 5; ++t) out.pair[j][t] = _mm256_loadu_si256(from + 5 * j + t);
    }
    return out;
  }
  FACESDK_OP void depthwise16(const uint8_t* from, int32_t row, int32_t channels,
                              const DepthwiseWeights& weights, I (&sums)[2]) {
    for (int t = 0; t < 5; ++t) {
      const int one = 2 * t, two = 2 * t + 1;
      const __m128i a =
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + (one / 3) * row + (one % 3) * channels));
      const __m128i b = two < 9 ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + (two / 3) * row +
                                                                                   (two % 3) * channels))
                                : _mm_setzero_si128();
      const __m256i low = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b));
      const __m256i high = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b));
      sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(low, weights.pair[0][t]));
      sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(high, weights.pair[1][t]));
    }
  }
};

}  // namespace
}  // namespace facesdk
