// make_fragments for CPUs with AVX-512: 16 triangles at a time, then 16 pixels at a time. Without branches
// per triangle: whether a triangle of a pixel's size covers a pixel's centre is a coin's throw.
#include "common/vectorize.h"
#include "rasterize/stages.h"

#if FACESDK_X86
#include <immintrin.h>

// GCC 12 takes the undefined operands inside its own intrinsics for ours.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace facesdk {
namespace {

#define FACESDK_INLINE512 FACESDK_AVX512 inline __attribute__((always_inline))

FACESDK_INLINE512 void append(int32_t* array, __mmask16 keep, __m512i v) {
  _mm512_storeu_si512(array, _mm512_maskz_compress_epi32(keep, v));
}

FACESDK_INLINE512 void append(float* array, __mmask16 keep, __m512 v) {
  _mm512_storeu_ps(array, _mm512_maskz_compress_ps(keep, v));
}

struct Points {
  __m512i x, y;
};

FACESDK_INLINE512 Points gather(const FixedPoint* fixed, __m512i index) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i low = _mm512_i32gather_epi64(_mm512_castsi512_si256(index), fixed, 8);
  const __m512i high = _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(index, 1), fixed, 8);
  return {_mm512_permutex2var_epi32(low, even, high),
          _mm512_permutex2var_epi32(low, _mm512_add_epi32(even, _mm512_set1_epi32(1)), high)};
}

FACESDK_INLINE512 __m512i first_pixels(__m512i v) {
  return _mm512_srai_epi32(_mm512_add_epi32(v, _mm512_set1_epi32(kSub - 1)), kSubBits);
}

// p * q - r * s
FACESDK_INLINE512 __m512i cross(__m512i p, __m512i q, __m512i r, __m512i s) {
  return _mm512_sub_epi32(_mm512_mullo_epi32(p, q), _mm512_mullo_epi32(r, s));
}

FACESDK_INLINE512 __m512i halves(__m512i low, __m512i high) {
  return _mm512_or_si512(_mm512_and_si512(low, _mm512_set1_epi32(0xffff)), _mm512_slli_epi32(high, 16));
}

// edge + bias32(dx, dy)
FACESDK_INLINE512 __m512i biased(__m512i edge, __m512i dx, __m512i dy) {
  const __m512i own = _mm512_srai_epi32(_mm512_sub_epi32(_mm512_slli_epi32(dy, 15), dx), 31);
  return _mm512_sub_epi32(edge, _mm512_add_epi32(own, _mm512_set1_epi32(1)));
}

// The triangles that may be drawn go into the queue with the pixels that they cover, or stay open.
FACESDK_INLINE512 void queue_triangles(const Scene& s, __m512i number, const __m512i* corner, __mmask16 live,
                                       Queue& q, Fragments& out) {
  const Points a = gather(s.fixed, corner[0]), b = gather(s.fixed, corner[1]), c = gather(s.fixed, corner[2]);
  const __m512i x0 = first_pixels(_mm512_min_epi32(a.x, _mm512_min_epi32(b.x, c.x)));
  const __m512i x1 = first_pixels(_mm512_max_epi32(a.x, _mm512_max_epi32(b.x, c.x)));
  const __m512i y0 = first_pixels(_mm512_min_epi32(a.y, _mm512_min_epi32(b.y, c.y)));
  const __m512i y1 = first_pixels(_mm512_max_epi32(a.y, _mm512_max_epi32(b.y, c.y)));
  const __m512i width = _mm512_set1_epi32(s.p.width), height = _mm512_set1_epi32(s.p.height);
  const __m512i zero = _mm512_setzero_si512();
  live = _mm512_mask_cmplt_epi32_mask(live, x0, _mm512_min_epi32(x1, width));
  live = _mm512_mask_cmplt_epi32_mask(live, y0, _mm512_min_epi32(y1, height));
  live = _mm512_mask_cmpgt_epi32_mask(live, _mm512_min_epi32(x1, y1), zero);

  const __m512i side = _mm512_set1_epi32(kSide);
  const __m512i larger = _mm512_max_epi32(_mm512_sub_epi32(x1, x0), _mm512_sub_epi32(y1, y0));
  __mmask16 fits = _mm512_mask_cmple_epi32_mask(live, larger, side);
  fits = _mm512_mask_cmpge_epi32_mask(fits, _mm512_min_epi32(x0, y0), zero);
  fits = _mm512_mask_cmple_epi32_mask(fits, x1, width);
  fits = _mm512_mask_cmple_epi32_mask(fits, y1, height);
  const __mmask16 open = live & ~fits;
  append(out.open + out.opens, open, number);
  out.opens += __builtin_popcount(open);

  __m512i ux = _mm512_sub_epi32(b.x, a.x), uy = _mm512_sub_epi32(b.y, a.y);
  __m512i vx = _mm512_sub_epi32(c.x, a.x), vy = _mm512_sub_epi32(c.y, a.y);
  __m512i area = cross(ux, vy, uy, vx);
  const __mmask16 drawn = s.p.cull ? _mm512_mask_cmplt_epi32_mask(fits, area, zero)
                                   : _mm512_mask_cmpneq_epi32_mask(fits, area, zero);
  if (drawn == 0) return;

  // With the sign of the area taken out, inside is positive on either side of the triangle.
  const __mmask16 turn = _mm512_cmplt_epi32_mask(area, zero);
  ux = _mm512_mask_sub_epi32(ux, turn, zero, ux), uy = _mm512_mask_sub_epi32(uy, turn, zero, uy);
  vx = _mm512_mask_sub_epi32(vx, turn, zero, vx), vy = _mm512_mask_sub_epi32(vy, turn, zero, vy);
  area = _mm512_mask_sub_epi32(area, turn, zero, area);
  const __m512i px = _mm512_sub_epi32(_mm512_slli_epi32(x0, kSubBits), a.x);
  const __m512i py = _mm512_sub_epi32(_mm512_slli_epi32(y0, kSubBits), a.y);
  const __m512i edge_b = cross(vy, px, vx, py), edge_c = cross(ux, py, uy, px);
  const __m512i edge_a = _mm512_sub_epi32(area, _mm512_add_epi32(edge_b, edge_c));
  const __m512i minus_vx = _mm512_sub_epi32(zero, vx), minus_uy = _mm512_sub_epi32(zero, uy);
  __m512i row_a = biased(edge_a, _mm512_sub_epi32(vx, ux), _mm512_sub_epi32(vy, uy));
  __m512i row_b = biased(edge_b, minus_vx, _mm512_sub_epi32(zero, vy));
  __m512i row_c = biased(edge_c, ux, uy);
  const __m512i right_b = _mm512_slli_epi32(vy, kSubBits), right_c = _mm512_slli_epi32(minus_uy, kSubBits);
  const __m512i right_a = _mm512_sub_epi32(zero, _mm512_add_epi32(right_b, right_c));
  const __m512i down_b = _mm512_slli_epi32(minus_vx, kSubBits), down_c = _mm512_slli_epi32(ux, kSubBits);
  const __m512i down_a = _mm512_sub_epi32(zero, _mm512_add_epi32(down_b, down_c));
  const int32_t most = _mm512_mask_reduce_max_epi32(drawn, larger);
  __m512i bits = zero;
  for (int32_t y = 0; y < most; ++y) {
    __m512i at_a = row_a, at_b = row_b, at_c = row_c, bit = _mm512_set1_epi32(1 << (kSide * y));
    for (int32_t x = 0; x < most; ++x) {
      const __m512i any = _mm512_or_si512(at_a, _mm512_or_si512(at_b, at_c));
      bits = _mm512_mask_or_epi32(bits, _mm512_cmpge_epi32_mask(any, zero), bits, bit);
      at_a = _mm512_add_epi32(at_a, right_a), at_b = _mm512_add_epi32(at_b, right_b);
      at_c = _mm512_add_epi32(at_c, right_c), bit = _mm512_add_epi32(bit, bit);
    }
    row_a = _mm512_add_epi32(row_a, down_a), row_b = _mm512_add_epi32(row_b, down_b);
    row_c = _mm512_add_epi32(row_c, down_c);
  }

  const __mmask16 covers = _mm512_mask_test_epi32_mask(drawn, bits, bits);
  const int n = q.count;
  append(q.bits + n, covers, bits);
  append(q.triangle + n, covers, number);
  append(q.a + n, covers, corner[0]);
  append(q.b + n, covers, corner[1]);
  append(q.c + n, covers, corner[2]);
  append(q.pixel + n, covers, _mm512_add_epi32(_mm512_mullo_epi32(y0, width), x0));
  append(q.edge_b + n, covers, edge_b);
  append(q.edge_c + n, covers, edge_c);
  append(q.step_b + n, covers, halves(vy, minus_vx));
  append(q.step_c + n, covers, halves(minus_uy, ux));
  append(q.scale + n, covers, _mm512_div_ps(_mm512_set1_ps(1.0f), _mm512_cvtepi32_ps(area)));
  q.count = n + __builtin_popcount(covers);
}

// One pixel of each triangle in the queue becomes a fragment; a triangle with more goes to the queue's end.
FACESDK_INLINE512 void write_fragments(const Scene& s, Queue& q, Fragments& out) {
  const __m512i one = _mm512_set1_epi32(1), zero = _mm512_setzero_si512();
  const __m512i steps = _mm512_set1_epi32(1 | (s.p.width << 16));
  for (int i = 0, taken = 0; i < q.count; i += taken) {
    taken = q.count - i < kLanes ? q.count - i : kLanes;
    const __mmask16 live = static_cast<__mmask16>((1 << taken) - 1);
    const __m512i bits = _mm512_maskz_loadu_epi32(live, q.bits + i),
                  number = _mm512_loadu_si512(q.triangle + i);
    const __m512i a = _mm512_maskz_loadu_epi32(live, q.a + i), b = _mm512_maskz_loadu_epi32(live, q.b + i),
                  c = _mm512_maskz_loadu_epi32(live, q.c + i);
    const __m512i pixel = _mm512_loadu_si512(q.pixel + i);
    const __m512i edge_b = _mm512_loadu_si512(q.edge_b + i), edge_c = _mm512_loadu_si512(q.edge_c + i);
    const __m512i step_b = _mm512_loadu_si512(q.step_b + i), step_c = _mm512_loadu_si512(q.step_c + i);
    const __m512 scale = _mm512_loadu_ps(q.scale + i);

    // Bit number to column and row: a division by kSide = 5, exact for numbers below 25.
    const __m512i lowest = _mm512_and_si512(bits, _mm512_sub_epi32(zero, bits));
    const __m512i bit = _mm512_sub_epi32(_mm512_set1_epi32(31), _mm512_lzcnt_epi32(lowest));
    const __m512i y = _mm512_srli_epi32(_mm512_mullo_epi16(bit, _mm512_set1_epi32(52)), 8);
    const __m512i x = _mm512_sub_epi32(bit, _mm512_add_epi32(y, _mm512_slli_epi32(y, 2)));
    const __m512i place = halves(x, y);

    const __m512i at_b =
        _mm512_add_epi32(edge_b, _mm512_slli_epi32(_mm512_madd_epi16(place, step_b), kSubBits));
    const __m512i at_c =
        _mm512_add_epi32(edge_c, _mm512_slli_epi32(_mm512_madd_epi16(place, step_c), kSubBits));
    const __m512 l1 = _mm512_mul_ps(_mm512_cvtepi32_ps(at_b), scale);
    const __m512 l2 = _mm512_mul_ps(_mm512_cvtepi32_ps(at_c), scale);
    const __m512 w0 = _mm512_i32gather_ps(a, s.inverse, 4), w1 = _mm512_i32gather_ps(b, s.inverse, 4),
                 w2 = _mm512_i32gather_ps(c, s.inverse, 4);
    // inverse_depth()
    const __m512 first = _mm512_add_ps(w0, _mm512_mul_ps(l1, _mm512_sub_ps(w1, w0)));
    const __m512 nearness = _mm512_add_ps(first, _mm512_mul_ps(l2, _mm512_sub_ps(w2, w0)));
    _mm512_storeu_si512(out.pixel + i, _mm512_add_epi32(pixel, _mm512_madd_epi16(place, steps)));
    _mm512_storeu_ps(out.nearness + i, nearness);
    _mm512_storeu_si512(out.triangle + i, number);
    _mm512_storeu_ps(out.s1 + i, _mm512_mul_ps(l1, w1));
    _mm512_storeu_ps(out.s2 + i, _mm512_mul_ps(l2, w2));

    const __m512i rest = _mm512_and_si512(bits, _mm512_sub_epi32(bits, one));
    const __mmask16 more = _mm512_test_epi32_mask(rest, rest);
    if (more == 0) continue;
    const int n = q.count;
    append(q.bits + n, more, rest);
    append(q.triangle + n, more, number);
    append(q.a + n, more, a);
    append(q.b + n, more, b);
    append(q.c + n, more, c);
    append(q.pixel + n, more, pixel);
    append(q.edge_b + n, more, edge_b);
    append(q.edge_c + n, more, edge_c);
    append(q.step_b + n, more, step_b);
    append(q.step_c + n, more, step_c);
    append(q.scale + n, more, scale);
    q.count = n + __builtin_popcount(more);
  }
  out.count = q.count;
}

}  // namespace

FACESDK_AVX512 void make_fragments_avx512(const Scene& s, int64_t begin, int64_t end, Fragments& out) {
  Queue& q = out.queue;
  q.count = out.count = out.opens = 0;
  // Three vectors of (a b c a b c ...) to one of a, one of b and one of c.
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i from = _mm512_mullo_epi32(lane, _mm512_set1_epi32(3));
  for (int64_t t = begin; t < end; t += kLanes) {
    const int32_t* index = s.p.triangles + 3 * t;
    const int64_t left = 3 * (end - t);  // numbers that may be read
    const auto part = [left](int64_t skip) {
      const int64_t n = left - skip;
      return n >= kLanes ? __mmask16{0xffff} : n <= 0 ? __mmask16{0} : static_cast<__mmask16>((1 << n) - 1);
    };
    const __m512i p = _mm512_maskz_loadu_epi32(part(0), index);
    const __m512i q1 = _mm512_maskz_loadu_epi32(part(kLanes), index + kLanes);
    const __m512i r = _mm512_maskz_loadu_epi32(part(2 * kLanes), index + 2 * kLanes);
    __m512i corner[3];
    for (int c = 0; c < 3; ++c) {
      const __m512i want = _mm512_add_epi32(from, _mm512_set1_epi32(c));  // 0 to 47
      const __mmask16 last = _mm512_cmpge_epi32_mask(want, _mm512_set1_epi32(2 * kLanes));
      corner[c] = _mm512_mask_permutexvar_epi32(_mm512_permutex2var_epi32(p, want, q1), last, want, r);
    }
    const int64_t lanes = end - t;
    const __mmask16 live = lanes >= kLanes ? __mmask16{0xffff} : static_cast<__mmask16>((1 << lanes) - 1);
    const __m512i number = _mm512_add_epi32(lane, _mm512_set1_epi32(static_cast<int32_t>(t)));
    queue_triangles(s, number, corner, live, q, out);
  }
  write_fragments(s, q, out);
}

}  // namespace facesdk
#endif
