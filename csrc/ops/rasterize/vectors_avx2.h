// Elementary vector functions of AVX2 for fragments_template.h and large_triangle_template.h. Included after
// FACESDK_TARGET is defined.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>

#include "common/float4.h"
#include "ops/rasterize/rasterize_math.h"

namespace facesdk {
namespace {

#define FACESDK_OP FACESDK_TARGET static inline __attribute__((always_inline))

// The lanes of each of 256 masks in order, one byte each: what moves them to the front.
constexpr std::array<uint64_t, 256> packing_orders() {
  std::array<uint64_t, 256> orders{};
  for (unsigned mask = 0; mask < 256; ++mask) {
    for (uint64_t lane = 0, place = 0; lane < 8; ++lane) {
      if ((mask >> lane & 1) == 0) continue;
      orders[mask] |= lane << (8 * place++);
    }
  }
  return orders;
}
constexpr std::array<uint64_t, 256> kPackingOrders = packing_orders();

struct V {
  static constexpr int kLanes = 8;
  using I = __m256i;
  using F = __m256;
  using Packing = __m256i;

  FACESDK_OP I set(int32_t value) { return _mm256_set1_epi32(value); }
  FACESDK_OP F set(float value) { return _mm256_set1_ps(value); }
  FACESDK_OP I lanes() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
  FACESDK_OP I load(const int32_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  FACESDK_OP F load(const float* from) { return _mm256_loadu_ps(from); }
  FACESDK_OP void store(int32_t* to, I value) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), value); }
  FACESDK_OP void store(float* to, F value) { _mm256_storeu_ps(to, value); }

  FACESDK_OP I add(I a, I b) { return _mm256_add_epi32(a, b); }
  FACESDK_OP I sub(I a, I b) { return _mm256_sub_epi32(a, b); }
  FACESDK_OP I mul(I a, I b) { return _mm256_mullo_epi32(a, b); }
  FACESDK_OP I min(I a, I b) { return _mm256_min_epi32(a, b); }
  FACESDK_OP I max(I a, I b) { return _mm256_max_epi32(a, b); }
  FACESDK_OP I max_unsigned(I a, I b) { return _mm256_max_epu32(a, b); }
  FACESDK_OP I abs(I a) { return _mm256_abs_epi32(a); }
  template <int kBits>
  FACESDK_OP I shift_left(I a) {
    return _mm256_slli_epi32(a, kBits);
  }
  template <int kBits>
  FACESDK_OP I shift_right(I a) {
    return _mm256_srai_epi32(a, kBits);
  }
  FACESDK_OP F add(F a, F b) { return _mm256_add_ps(a, b); }
  FACESDK_OP F sub(F a, F b) { return _mm256_sub_ps(a, b); }
  FACESDK_OP F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  FACESDK_OP F div(F a, F b) { return _mm256_div_ps(a, b); }
  FACESDK_OP F to_float(I value) { return _mm256_cvtepi32_ps(value); }
  FACESDK_OP I float_bits(F value) { return _mm256_castps_si256(value); }

  // Masks are vectors of ones or zeros.
  FACESDK_OP I less(I a, I b) { return _mm256_cmpgt_epi32(b, a); }
  FACESDK_OP I not_less(F a, F b) { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_NLT_UQ)); }
  FACESDK_OP I equal(F a, F b) { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)); }
  FACESDK_OP I both(I a, I b) { return _mm256_and_si256(a, b); }
  FACESDK_OP I either(I a, I b) { return _mm256_or_si256(a, b); }
  FACESDK_OP I without(I a, I b) { return _mm256_andnot_si256(b, a); }
  FACESDK_OP unsigned bits(I mask) {
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(mask)));
  }
  FACESDK_OP bool all_equal(I a, I b) { return _mm256_movemask_epi8(_mm256_cmpeq_epi32(a, b)) == -1; }
  FACESDK_OP I choose(I mask, I then, I otherwise) { return _mm256_blendv_epi8(otherwise, then, mask); }
  FACESDK_OP F choose(I mask, F then, F otherwise) {
    return _mm256_blendv_ps(otherwise, then, _mm256_castsi256_ps(mask));
  }
  FACESDK_OP int32_t largest(I a) {
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4e));
    return _mm_cvtsi128_si32(_mm_max_epi32(m, _mm_shuffle_epi32(m, 0xb1)));
  }

  // Two numbers of 16 bits in each lane.
  FACESDK_OP I pairs(I low, I high) { return _mm256_blend_epi16(low, _mm256_slli_epi32(high, 16), 0xaa); }
  FACESDK_OP I dot(I a, I b) { return _mm256_madd_epi16(a, b); }
  FACESDK_OP I negate_pairs(I a, I mask) { return _mm256_sub_epi16(_mm256_xor_si256(a, mask), mask); }

  // The lanes of a mask to the front; what lies behind them is undefined.
  FACESDK_OP Packing packing(unsigned mask) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(&kPackingOrders[mask])));
  }
  FACESDK_OP void store_packed(int32_t* to, Packing order, I value) {
    store(to, _mm256_permutevar8x32_epi32(value, order));
  }
  FACESDK_OP void store_packed(float* to, Packing order, F value) {
    store(to, _mm256_permutevar8x32_ps(value, order));
  }

  // The points of every third index. Eight loads of two numbers, faster than a gather on most CPUs.
  FACESDK_OP void gather3(const FixedPoint* fixed, const int32_t* index, I& x, I& y) {
    const auto two = [&](int first, int second) FACESDK_TARGET {
      const __m128 one =
          _mm_castpd_ps(_mm_load_sd(reinterpret_cast<const double*>(fixed + index[3 * first])));
      return _mm_loadh_pi(one, reinterpret_cast<const __m64*>(fixed + index[3 * second]));
    };
    const __m256 even = _mm256_insertf128_ps(_mm256_castps128_ps256(two(0, 1)), two(4, 5), 1);
    const __m256 odd = _mm256_insertf128_ps(_mm256_castps128_ps256(two(2, 3)), two(6, 7), 1);
    x = _mm256_castps_si256(_mm256_shuffle_ps(even, odd, 0x88));
    y = _mm256_castps_si256(_mm256_shuffle_ps(even, odd, 0xdd));
  }

  // A colour of three floats; the fourth is not read.
  FACESDK_OP Float4 load_color(const float* from) {
    return _mm_maskload_ps(from, _mm_setr_epi32(-1, -1, -1, 0));
  }

  // The colours of a triangle, for eight pixels of a row: 24 floats in three vectors, so that no pixel needs
  // a branch or a store of its own.
  struct Ramp {
    F c0[3], to1[3], to2[3];
  };
  FACESDK_OP I pixel_of(int part) {  // of each float
    return part == 0   ? _mm256_setr_epi32(0, 0, 0, 1, 1, 1, 2, 2)
           : part == 1 ? _mm256_setr_epi32(2, 3, 3, 3, 4, 4, 4, 5)
                       : _mm256_setr_epi32(5, 5, 6, 6, 6, 7, 7, 7);
  }
  FACESDK_OP Ramp ramp(const float* colors, const int32_t* index) {
    const auto color = [&](int corner)
                           FACESDK_TARGET { return load_color(colors + 3 * int64_t{index[corner]}); };
    const __m128 first = color(0), second = _mm_sub_ps(color(1), first), third = _mm_sub_ps(color(2), first);
    const I channel[3] = {_mm256_setr_epi32(0, 1, 2, 0, 1, 2, 0, 1),
                          _mm256_setr_epi32(2, 0, 1, 2, 0, 1, 2, 0),
                          _mm256_setr_epi32(1, 2, 0, 1, 2, 0, 1, 2)};
    Ramp out;
    for (int part = 0; part < 3; ++part) {
      out.c0[part] = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(first), channel[part]);
      out.to1[part] = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(second), channel[part]);
      out.to2[part] = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(third), channel[part]);
    }
    return out;
  }

  // interpolate() of the pixels in `taken`; the others are written as they are.
  FACESDK_OP void paint(float* to, const Ramp& ramp, I taken, F b1, F b2) {
    for (int part = 0; part < 3; ++part) {
      const I pixel = pixel_of(part);
      const F w1 = _mm256_permutevar8x32_ps(b1, pixel), w2 = _mm256_permutevar8x32_ps(b2, pixel);
      const F color = add(add(ramp.c0[part], mul(w1, ramp.to1[part])), mul(w2, ramp.to2[part]));
      const I keep = _mm256_permutevar8x32_epi32(taken, pixel);
      store(to + 8 * part, choose(keep, color, load(to + 8 * part)));
    }
  }
};

}  // namespace
}  // namespace facesdk
