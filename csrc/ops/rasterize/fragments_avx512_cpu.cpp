// make_fragments for CPUs with AVX-512: 16 triangles at a time, then 16 pixels at a time. Without branches
// per triangle: whether a triangle of a pixel's size covers a pixel's centre is a coin's throw.
#include <algorithm>

#include "common/simd_dispatch.h"
#include "ops/rasterize/color_avx512.h"
#include "ops/rasterize/stages.h"

#if FACESDK_X86
#include <immintrin.h>

// GCC 12 takes the undefined operands inside its own intrinsics for ours.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace facesdk {
namespace {

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

// Two numbers of 16 bits, and each of them again.
FACESDK_INLINE512 __m512i halves(__m512i low, __m512i high) {
  return _mm512_mask_blend_epi16(0xaaaaaaaa, low, _mm512_slli_epi32(high, 16));
}

FACESDK_INLINE512 __m512i low_half(__m512i v) { return _mm512_srai_epi32(_mm512_slli_epi32(v, 16), 16); }
FACESDK_INLINE512 __m512i high_half(__m512i v) { return _mm512_srai_epi32(v, 16); }

// edge + bias32(dx, dy)
FACESDK_INLINE512 __m512i biased(__m512i edge, __m512i dx, __m512i dy) {
  const __m512i own = _mm512_srai_epi32(_mm512_sub_epi32(_mm512_slli_epi32(dy, 15), dx), 31);
  return _mm512_sub_epi32(edge, _mm512_add_epi32(own, _mm512_set1_epi32(1)));
}

// Triangles that face the wrong way, are outside or lie between the pixels' centres fall out; those that are
// too large for what follows are large.
FACESDK_INLINE512 void cull(const Scene& s, const Tile& tile, __m512i number, const __m512i* corner,
                            __mmask16 live, Survivors& k, Fragments& out) {
  const Points a = gather(s.fixed, corner[0]), b = gather(s.fixed, corner[1]), c = gather(s.fixed, corner[2]);
  const __m512i x0 = first_pixels(_mm512_min_epi32(a.x, _mm512_min_epi32(b.x, c.x)));
  const __m512i x1 = first_pixels(_mm512_max_epi32(a.x, _mm512_max_epi32(b.x, c.x)));
  const __m512i y0 = first_pixels(_mm512_min_epi32(a.y, _mm512_min_epi32(b.y, c.y)));
  const __m512i y1 = first_pixels(_mm512_max_epi32(a.y, _mm512_max_epi32(b.y, c.y)));
  const __m512i width = _mm512_set1_epi32(tile.width), zero = _mm512_setzero_si512();
  const __m512i top = _mm512_set1_epi32(tile.begin), bottom = _mm512_set1_epi32(tile.end);
  live = _mm512_mask_cmplt_epi32_mask(live, x0, _mm512_min_epi32(x1, width));
  live = _mm512_mask_cmplt_epi32_mask(live, _mm512_max_epi32(y0, top), _mm512_min_epi32(y1, bottom));
  live = _mm512_mask_cmpgt_epi32_mask(live, x1, zero);
  if (live == 0) return;

  const __m512i side = _mm512_max_epi32(_mm512_sub_epi32(x1, x0), _mm512_sub_epi32(y1, y0));
  __mmask16 fits = _mm512_mask_cmple_epi32_mask(live, side, _mm512_set1_epi32(kSide));
  fits = _mm512_mask_cmpge_epi32_mask(fits, x0, zero);
  fits = _mm512_mask_cmpge_epi32_mask(fits, y0, top);
  fits = _mm512_mask_cmple_epi32_mask(fits, x1, width);
  fits = _mm512_mask_cmple_epi32_mask(fits, y1, bottom);
  const __mmask16 large = live & ~fits;
  if (large != 0) {
    append(out.large + out.num_large, large, number);
    out.num_large += __builtin_popcount(large);
  }

  // From corner a to the others, turned by a quarter: the change of an edge value per pixel right and down.
  const __m512i ux = _mm512_sub_epi32(b.x, a.x), vx = _mm512_sub_epi32(c.x, a.x);
  __m512i step_c = halves(_mm512_sub_epi32(a.y, b.y), ux);
  __m512i step_b = halves(_mm512_sub_epi32(c.y, a.y), _mm512_sub_epi32(zero, vx));
  __m512i area = _mm512_madd_epi16(step_c, halves(vx, _mm512_sub_epi32(c.y, a.y)));
  const __mmask16 drawn = s.p.cull ? _mm512_mask_cmplt_epi32_mask(fits, area, zero)
                                   : _mm512_mask_cmpneq_epi32_mask(fits, area, zero);
  if (drawn == 0) return;
  // With the sign of the area taken out, inside is positive on either side of the triangle.
  const __mmask16 turn = _mm512_cmplt_epi32_mask(area, zero);
  step_b = _mm512_mask_mov_epi32(step_b, turn, _mm512_sub_epi16(zero, step_b));
  step_c = _mm512_mask_mov_epi32(step_c, turn, _mm512_sub_epi16(zero, step_c));
  area = _mm512_mask_sub_epi32(area, turn, zero, area);

  const int n = k.count;
  append(k.triangle + n, drawn, number);
  append(k.a + n, drawn, corner[0]);
  append(k.b + n, drawn, corner[1]);
  append(k.c + n, drawn, corner[2]);
  append(k.pixel + n, drawn, _mm512_add_epi32(_mm512_mullo_epi32(_mm512_sub_epi32(y0, top), width), x0));
  append(k.side + n, drawn, side);
  append(k.step_b + n, drawn, step_b);
  append(k.step_c + n, drawn, step_c);
  append(k.place + n, drawn,
         halves(_mm512_sub_epi32(_mm512_slli_epi32(x0, kSubBits), a.x),
                _mm512_sub_epi32(_mm512_slli_epi32(y0, kSubBits), a.y)));
  append(k.area + n, drawn, area);
  k.count = n + __builtin_popcount(drawn);
}

// Which pixels of their boxes the survivors cover; those that cover one go into the queue.
FACESDK_INLINE512 void cover(const Scene& s, const Survivors& k, Queue& q) {
  for (int i = 0; i < k.count; i += kLanes) {
    const int taken = k.count - i < kLanes ? k.count - i : kLanes;
    const __mmask16 live = static_cast<__mmask16>((1 << taken) - 1);
    const __m512i step_b = _mm512_loadu_si512(k.step_b + i), step_c = _mm512_loadu_si512(k.step_c + i);
    const __m512i place = _mm512_loadu_si512(k.place + i), area = _mm512_loadu_si512(k.area + i);
    const __m512i edge_b = _mm512_madd_epi16(step_b, place), edge_c = _mm512_madd_epi16(step_c, place);
    const __m512i edge_a = _mm512_sub_epi32(area, _mm512_add_epi32(edge_b, edge_c));
    const __m512i right_b = low_half(step_b), down_b = high_half(step_b), zero = _mm512_setzero_si512();
    const __m512i right_c = low_half(step_c), down_c = high_half(step_c);
    const __m512i right_a = _mm512_sub_epi32(zero, _mm512_add_epi32(right_b, right_c));
    const __m512i down_a = _mm512_sub_epi32(zero, _mm512_add_epi32(down_b, down_c));
    // An edge goes (down, -right) in pixels.
    __m512i row_a = biased(edge_a, down_a, _mm512_sub_epi32(zero, right_a));
    __m512i row_b = biased(edge_b, down_b, _mm512_sub_epi32(zero, right_b));
    __m512i row_c = biased(edge_c, down_c, _mm512_sub_epi32(zero, right_c));
    const __m512i across_a = _mm512_slli_epi32(right_a, kSubBits),
                  across_b = _mm512_slli_epi32(right_b, kSubBits),
                  across_c = _mm512_slli_epi32(right_c, kSubBits);
    const __m512i below_a = _mm512_slli_epi32(down_a, kSubBits),
                  below_b = _mm512_slli_epi32(down_b, kSubBits),
                  below_c = _mm512_slli_epi32(down_c, kSubBits);
    const int32_t most = _mm512_mask_reduce_max_epi32(live, _mm512_loadu_si512(k.side + i));
    __m512i bits = zero;
    for (int32_t y = 0; y < most; ++y) {
      __m512i at_a = row_a, at_b = row_b, at_c = row_c, bit = _mm512_set1_epi32(1 << (kSide * y));
      for (int32_t x = 0; x < most; ++x) {
        const __m512i any = _mm512_or_si512(at_a, _mm512_or_si512(at_b, at_c));
        bits = _mm512_mask_or_epi32(bits, _mm512_cmpge_epi32_mask(any, zero), bits, bit);
        at_a = _mm512_add_epi32(at_a, across_a), at_b = _mm512_add_epi32(at_b, across_b);
        at_c = _mm512_add_epi32(at_c, across_c), bit = _mm512_add_epi32(bit, bit);
      }
      row_a = _mm512_add_epi32(row_a, below_a), row_b = _mm512_add_epi32(row_b, below_b);
      row_c = _mm512_add_epi32(row_c, below_c);
    }

    const __mmask16 covers = _mm512_mask_test_epi32_mask(live, bits, bits);
    const __m512 none = _mm512_setzero_ps();
    const __m512 inverse_a =
        _mm512_mask_i32gather_ps(none, covers, _mm512_loadu_si512(k.a + i), s.inverse, 4);
    const __m512 inverse_b =
        _mm512_mask_i32gather_ps(none, covers, _mm512_loadu_si512(k.b + i), s.inverse, 4);
    const __m512 inverse_c =
        _mm512_mask_i32gather_ps(none, covers, _mm512_loadu_si512(k.c + i), s.inverse, 4);
    const int n = q.count;
    append(q.bits + n, covers, bits);
    append(q.triangle + n, covers, _mm512_loadu_si512(k.triangle + i));
    append(q.pixel + n, covers, _mm512_loadu_si512(k.pixel + i));
    append(q.edge_b + n, covers, edge_b);
    append(q.edge_c + n, covers, edge_c);
    append(q.step_b + n, covers, step_b);
    append(q.step_c + n, covers, step_c);
    append(q.scale + n, covers, _mm512_div_ps(_mm512_set1_ps(1.0f), _mm512_cvtepi32_ps(area)));
    append(q.inverse_a + n, covers, inverse_a);
    append(q.inverse_b + n, covers, inverse_b);
    append(q.inverse_c + n, covers, inverse_c);
    q.count = n + __builtin_popcount(covers);
  }
}

// One pixel of each triangle in the queue becomes a fragment; a triangle with more goes to the queue's end.
FACESDK_INLINE512 void write_fragments(const Scene& s, const Tile& tile, Queue& q, Fragments& out) {
  const __m512i minus_one = _mm512_set1_epi32(-1), zero = _mm512_setzero_si512();
  const __m512i steps = _mm512_set1_epi32(1 | (tile.width << 16));
  const __m512 unit = _mm512_set1_ps(1.0f);
  for (int i = 0, taken = 0; i < q.count; i += taken) {
    taken = q.count - i < kLanes ? q.count - i : kLanes;
    const __mmask16 live = static_cast<__mmask16>((1 << taken) - 1);
    const __m512i bits = _mm512_maskz_loadu_epi32(live, q.bits + i),
                  number = _mm512_loadu_si512(q.triangle + i);
    const __m512i pixel = _mm512_loadu_si512(q.pixel + i);
    const __m512i edge_b = _mm512_loadu_si512(q.edge_b + i), edge_c = _mm512_loadu_si512(q.edge_c + i);
    const __m512i step_b = _mm512_loadu_si512(q.step_b + i), step_c = _mm512_loadu_si512(q.step_c + i);
    const __m512 scale = _mm512_loadu_ps(q.scale + i);
    const __m512 w0 = _mm512_loadu_ps(q.inverse_a + i), w1 = _mm512_loadu_ps(q.inverse_b + i),
                 w2 = _mm512_loadu_ps(q.inverse_c + i);

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
    // inverse_depth()
    const __m512 first = _mm512_add_ps(w0, _mm512_mul_ps(l1, _mm512_sub_ps(w1, w0)));
    const __m512 nearness = _mm512_add_ps(first, _mm512_mul_ps(l2, _mm512_sub_ps(w2, w0)));
    _mm512_storeu_si512(out.pixel + i, _mm512_add_epi32(pixel, _mm512_madd_epi16(place, steps)));
    _mm512_storeu_ps(out.nearness + i, nearness);
    _mm512_storeu_si512(out.triangle + i, number);
    if (s.weighted) {
      const __m512 depth = _mm512_div_ps(unit, nearness);
      _mm512_storeu_ps(out.b1 + i, _mm512_mul_ps(_mm512_mul_ps(l1, w1), depth));
      _mm512_storeu_ps(out.b2 + i, _mm512_mul_ps(_mm512_mul_ps(l2, w2), depth));
    }

    const __m512i rest = _mm512_and_si512(bits, _mm512_add_epi32(bits, minus_one));
    const __mmask16 more = _mm512_test_epi32_mask(rest, rest);
    if (more == 0) continue;
    const int n = q.count;
    append(q.bits + n, more, rest);
    append(q.triangle + n, more, number);
    append(q.pixel + n, more, pixel);
    append(q.edge_b + n, more, edge_b);
    append(q.edge_c + n, more, edge_c);
    append(q.step_b + n, more, step_b);
    append(q.step_c + n, more, step_c);
    append(q.scale + n, more, scale);
    append(q.inverse_a + n, more, w0);
    append(q.inverse_b + n, more, w1);
    append(q.inverse_c + n, more, w2);
    q.count = n + __builtin_popcount(more);
  }
  out.count = q.count;
}

}  // namespace

FACESDK_AVX512 bool make_fragments_avx512(const Scene& s, const Tile& tile, int64_t begin, int64_t end,
                                          Fragments& out) {
  Queue& q = out.queue;
  Survivors& k = out.survivors;
  k.count = q.count = out.count = out.num_large = 0;
  // Three vectors of (a b c a b c ...) to one of a, one of b and one of c.
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i from = _mm512_mullo_epi32(lane, _mm512_set1_epi32(3));
  const __m512i verts = _mm512_set1_epi32(static_cast<int32_t>(std::min<int64_t>(s.p.num_verts, INT32_MAX)));
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
    // As unsigned numbers negative indices are huge; lanes beyond the end hold zeros.
    const __m512i most = _mm512_max_epu32(corner[0], _mm512_max_epu32(corner[1], corner[2]));
    if (_mm512_mask_cmpge_epu32_mask(live, most, verts) != 0) return false;
    const __m512i number = _mm512_add_epi32(lane, _mm512_set1_epi32(static_cast<int32_t>(t)));
    cull(s, tile, number, corner, live, k, out);
  }
  cover(s, k, q);
  write_fragments(s, tile, q, out);
  return true;
}

FACESDK_AVX512 void draw_fragments_avx512(const Scene& s, const Tile& tile, const Fragments& f) {
  // Copies: what is stored could as well be the tile itself, for all that the compiler knows.
  const Tile to = tile;
  float* const color = to.color;
  const float* const colors = s.p.colors;
  const int32_t* const triangles = s.p.triangles;
  const int count = f.count;
  for (int i = 0; i < count; ++i) {
    const int64_t at = f.pixel[i];
    const int32_t t = f.triangle[i];
    if (!to.take(at, f.nearness[i], t) || !s.weighted) continue;
    to.weigh(at, f.b1[i], f.b2[i]);
    if (color == nullptr) continue;
    const int32_t* index = triangles + 3 * static_cast<int64_t>(t);
    const __m128 c0 = load_color(colors, index[0]);
    const __m128 to1 = _mm_sub_ps(load_color(colors, index[1]), c0);
    const __m128 to2 = _mm_sub_ps(load_color(colors, index[2]), c0);
    store_color(color, at, blend_colors(c0, to1, to2, f.b1[i], f.b2[i]));
  }
}

}  // namespace facesdk
#endif
