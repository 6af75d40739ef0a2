// draw_large_triangle for CPUs with AVX-512: a row of a triangle of some pixels at a time, eight pixels of a
// larger one's.
#include "common/simd_dispatch.h"
#include "ops/rasterize/color_avx512.h"
#include "ops/rasterize/large_triangle.h"

#if FACESDK_X86
#include <immintrin.h>

// GCC 12 takes the undefined operands inside its own intrinsics for ours.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace facesdk {

namespace {

// The colours of a triangle, for eight pixels of a row: 24 floats in three registers, so that no pixel needs
// a branch or a store of its own.
struct Ramp {
  __m256 c0[3], to1[3], to2[3];
  __m256i pixel[3];  // of each float

  FACESDK_AVX512 Ramp() {}
  FACESDK_AVX512 Ramp(const float* colors, const int32_t* index) {
    const __m128 first = load_color(colors, index[0]);
    const __m128 second = _mm_sub_ps(load_color(colors, index[1]), first);
    const __m128 third = _mm_sub_ps(load_color(colors, index[2]), first);
    const __m256i channel[3] = {_mm256_setr_epi32(0, 1, 2, 0, 1, 2, 0, 1),
                                _mm256_setr_epi32(2, 0, 1, 2, 0, 1, 2, 0),
                                _mm256_setr_epi32(1, 2, 0, 1, 2, 0, 1, 2)};
    pixel[0] = _mm256_setr_epi32(0, 0, 0, 1, 1, 1, 2, 2);
    pixel[1] = _mm256_setr_epi32(2, 3, 3, 3, 4, 4, 4, 5);
    pixel[2] = _mm256_setr_epi32(5, 5, 6, 6, 6, 7, 7, 7);
    for (int part = 0; part < 3; ++part) {
      c0[part] = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(first), channel[part]);
      to1[part] = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(second), channel[part]);
      to2[part] = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(third), channel[part]);
    }
  }

  // interpolate() of the pixels in `taken`
  FACESDK_AVX512 void store(float* out, __mmask8 taken, __m256 b1, __m256 b2) const {
    const __m256i lanes = _mm256_maskz_set1_epi32(taken, -1);
    for (int part = 0; part < 3; ++part) {
      const __m256 w1 = _mm256_permutevar8x32_ps(b1, pixel[part]);
      const __m256 w2 = _mm256_permutevar8x32_ps(b2, pixel[part]);
      const __m256 halfway = _mm256_add_ps(c0[part], _mm256_mul_ps(w1, to1[part]));
      const __m256 color = _mm256_add_ps(halfway, _mm256_mul_ps(w2, to2[part]));
      const __mmask8 keep = _mm256_movepi32_mask(_mm256_permutevar8x32_epi32(lanes, pixel[part]));
      _mm256_mask_storeu_ps(out + 8 * part, keep, color);
    }
  }
};

// What becomes of the pixels `inside` of sixteen that begin at `at`, with the weights of corners 1 and 2.
FACESDK_INLINE512 void draw_sixteen(const Scene& s, const Tile& tile, int32_t t, const LargeTriangle& o,
                                    const Ramp& ramp, int64_t at, __mmask16 inside, __m512 l1, __m512 l2) {
  const __m512 w0 = _mm512_set1_ps(o.w0), w1 = _mm512_set1_ps(o.w1), w2 = _mm512_set1_ps(o.w2);
  const __m512i number = _mm512_set1_epi32(t);
  // inverse_depth()
  const __m512 part = _mm512_add_ps(w0, _mm512_mul_ps(l1, _mm512_sub_ps(w1, w0)));
  const __m512 w = _mm512_add_ps(part, _mm512_mul_ps(l2, _mm512_sub_ps(w2, w0)));
  // Tile::take() of the pixels inside
  const __m512 there = _mm512_maskz_loadu_ps(inside, tile.nearness + at);
  __mmask16 taken = _mm512_mask_cmp_ps_mask(inside, w, there, _CMP_NLT_UQ);
  const __mmask16 tie = _mm512_mask_cmp_ps_mask(taken, w, there, _CMP_EQ_OQ);
  if (tie != 0) {
    const __m512i other = _mm512_maskz_loadu_epi32(tie, tile.triangle + at);
    const int lost = _mm512_mask_cmp_ps_mask(tie, w, _mm512_setzero_ps(), _CMP_EQ_OQ) |
                     _mm512_mask_cmpgt_epi32_mask(tie, number, other);
    taken = static_cast<__mmask16>(taken & ~lost);
  }
  _mm512_mask_storeu_ps(tile.nearness + at, taken, w);
  _mm512_mask_storeu_epi32(tile.triangle + at, taken, number);
  if (!s.weighted) return;
  const __m512 depth = _mm512_div_ps(_mm512_set1_ps(1.0f), w);
  const __m512 b1 = _mm512_mul_ps(_mm512_mul_ps(l1, w1), depth);
  const __m512 b2 = _mm512_mul_ps(_mm512_mul_ps(l2, w2), depth);
  if (tile.color != nullptr) {
    float* to = tile.color + 3 * at;
    ramp.store(to, static_cast<__mmask8>(taken), _mm512_castps512_ps256(b1), _mm512_castps512_ps256(b2));
    if (taken >> 8 != 0) {
      ramp.store(to + 24, static_cast<__mmask8>(taken >> 8), _mm512_extractf32x8_ps(b1, 1),
                 _mm512_extractf32x8_ps(b2, 1));
    }
  }
  if (tile.bary == nullptr) return;
  alignas(64) float each1[16], each2[16];
  _mm512_store_ps(each1, b1);
  _mm512_store_ps(each2, b2);
  for (unsigned rest = taken; rest != 0; rest &= rest - 1) {
    const int i = __builtin_ctz(rest);
    tile.weigh(at + i, each1[i], each2[i]);
  }
}

FACESDK_INLINE512 __m512i first_row(const EdgeWalk& edge, __m512i lane) {
  const __m512i across = _mm512_mullo_epi32(lane, _mm512_set1_epi32(static_cast<int32_t>(edge.right)));
  return _mm512_add_epi32(_mm512_set1_epi32(static_cast<int32_t>(edge.row)), across);
}

// A row of the box is one vector of 32-bit edge values; lanes beside the box wrap round and are masked.
FACESDK_INLINE512 void draw_narrow(const Scene& s, const Tile& tile, int32_t t, const LargeTriangle& o,
                                   const Ramp& ramp) {
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i a = first_row(o.of_a, lane), b = first_row(o.of_b, lane), c = first_row(o.of_c, lane);
  const __m512i down_a = _mm512_set1_epi32(static_cast<int32_t>(o.of_a.down));
  const __m512i down_b = _mm512_set1_epi32(static_cast<int32_t>(o.of_b.down));
  const __m512i down_c = _mm512_set1_epi32(static_cast<int32_t>(o.of_c.down));
  const __m512i bias_b = _mm512_set1_epi32(static_cast<int32_t>(o.bias_b));
  const __m512i bias_c = _mm512_set1_epi32(static_cast<int32_t>(o.bias_c));
  const __m512 scale = _mm512_set1_ps(o.scale);
  const __mmask16 columns = static_cast<__mmask16>((1 << (o.x1 - o.x0 + 1)) - 1);
  int64_t at = static_cast<int64_t>(o.y0 - tile.begin) * tile.width + o.x0;
  for (int32_t y = o.y0; y <= o.y1; ++y, at += tile.width) {
    const __m512i any = _mm512_or_si512(a, _mm512_or_si512(b, c));
    const __mmask16 inside = _mm512_mask_cmpge_epi32_mask(columns, any, _mm512_setzero_si512());
    if (inside != 0) {
      const __m512 l1 = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(b, bias_b)), scale);
      const __m512 l2 = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(c, bias_c)), scale);
      draw_sixteen(s, tile, t, o, ramp, at, inside, l1, l2);
    }
    a = _mm512_add_epi32(a, down_a), b = _mm512_add_epi32(b, down_b), c = _mm512_add_epi32(c, down_c);
  }
}

}  // namespace

FACESDK_AVX512 void draw_large_triangle_avx512(const Scene& s, const Tile& tile, int32_t t) {
  constexpr int64_t kWide = 8, kNarrowBox = 32;
  LargeTriangle o;
  if (!set_up_large_triangle(s, tile, t, &o)) return;
  const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(t);
  float* const color = tile.color;
  const Ramp ramp = color != nullptr ? Ramp(s.p.colors, index) : Ramp();
  if (is_narrow(o)) return draw_narrow(s, tile, t, o, ramp);
  const __m512i lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), zero = _mm512_setzero_si512();
  const __m512i right_a = _mm512_mullo_epi64(lane, _mm512_set1_epi64(o.of_a.right));
  const __m512i right_b = _mm512_mullo_epi64(lane, _mm512_set1_epi64(o.of_b.right));
  const __m512i right_c = _mm512_mullo_epi64(lane, _mm512_set1_epi64(o.of_c.right));
  const __m512i bias_b = _mm512_set1_epi64(o.bias_b), bias_c = _mm512_set1_epi64(o.bias_c);
  const __m256 scale = _mm256_set1_ps(o.scale), one = _mm256_set1_ps(1.0f), none = _mm256_setzero_ps();
  const __m256 w0 = _mm256_set1_ps(o.w0), w1 = _mm256_set1_ps(o.w1), w2 = _mm256_set1_ps(o.w2);
  const __m256i number = _mm256_set1_epi32(t);
  const bool wide = o.x1 - o.x0 > kNarrowBox;  // then most pixels of a row may be outside
  for (EdgeWalk* edge : {&o.of_a, &o.of_b, &o.of_c}) {
    if (wide) edge->invert();
  }
  for (int32_t y = o.y0; y <= o.y1; ++y, o.of_a.step_down(), o.of_b.step_down(), o.of_c.step_down()) {
    int64_t first = 0, last = o.x1 - o.x0;
    if (wide) {
      o.of_a.narrow(&first, &last);
      o.of_b.narrow(&first, &last);
      o.of_c.narrow(&first, &last);
    }
    const int64_t row = static_cast<int64_t>(y - tile.begin) * tile.width + o.x0;
    for (int64_t x = first; x <= last; x += kWide) {
      const __m512i a = _mm512_add_epi64(_mm512_set1_epi64(o.of_a.row + x * o.of_a.right), right_a);
      __m512i b = _mm512_add_epi64(_mm512_set1_epi64(o.of_b.row + x * o.of_b.right), right_b);
      __m512i c = _mm512_add_epi64(_mm512_set1_epi64(o.of_c.row + x * o.of_c.right), right_c);
      const int64_t left = last - x + 1;
      const __mmask8 lanes = left >= kWide ? __mmask8{0xff} : static_cast<__mmask8>((1 << left) - 1);
      const __mmask8 inside =
          _mm512_mask_cmpge_epi64_mask(lanes, _mm512_or_si512(a, _mm512_or_si512(b, c)), zero);
      if (inside == 0) continue;
      b = _mm512_sub_epi64(b, bias_b), c = _mm512_sub_epi64(c, bias_c);
      const __m256 l1 = _mm256_mul_ps(_mm512_cvtepi64_ps(b), scale);
      const __m256 l2 = _mm256_mul_ps(_mm512_cvtepi64_ps(c), scale);
      // inverse_depth()
      const __m256 part = _mm256_add_ps(w0, _mm256_mul_ps(l1, _mm256_sub_ps(w1, w0)));
      const __m256 w = _mm256_add_ps(part, _mm256_mul_ps(l2, _mm256_sub_ps(w2, w0)));
      // Tile::take() of the pixels inside
      const int64_t at = row + x;
      const __m256 there = _mm256_maskz_loadu_ps(inside, tile.nearness + at);
      __mmask8 taken = _mm256_mask_cmp_ps_mask(inside, w, there, _CMP_NLT_UQ);
      const __mmask8 tie = _mm256_mask_cmp_ps_mask(taken, w, there, _CMP_EQ_OQ);
      if (tie != 0) {
        const __m256i other = _mm256_maskz_loadu_epi32(tie, tile.triangle + at);
        const __mmask8 lost = static_cast<__mmask8>(_mm256_mask_cmp_ps_mask(tie, w, none, _CMP_EQ_OQ) |
                                                    _mm256_mask_cmpgt_epi32_mask(tie, number, other));
        taken = static_cast<__mmask8>(taken & ~lost);
      }
      _mm256_mask_storeu_ps(tile.nearness + at, taken, w);
      _mm256_mask_storeu_epi32(tile.triangle + at, taken, number);
      if (!s.weighted) continue;
      const __m256 depth = _mm256_div_ps(one, w);
      const __m256 b1 = _mm256_mul_ps(_mm256_mul_ps(l1, w1), depth);
      const __m256 b2 = _mm256_mul_ps(_mm256_mul_ps(l2, w2), depth);
      if (color != nullptr) ramp.store(color + 3 * at, taken, b1, b2);
      if (tile.bary == nullptr) continue;
      alignas(32) float each1[kWide], each2[kWide];
      _mm256_store_ps(each1, b1);
      _mm256_store_ps(each2, b2);
      for (unsigned rest = taken; rest != 0; rest &= rest - 1) {
        const int i = __builtin_ctz(rest);
        tile.weigh(at + i, each1[i], each2[i]);
      }
    }
  }
}

}  // namespace facesdk
#endif
