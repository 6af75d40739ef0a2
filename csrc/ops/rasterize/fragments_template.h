// make_fragments and draw_fragments once for several vector instruction sets: a vector of triangles at a
// time, then a vector of pixels. Without branches per triangle: whether a triangle of a pixel's size covers a
// pixel's centre is a coin's throw. A .cpp file that includes this defines FACESDK_TARGET, the attribute of
// its instruction set, and a struct `V` of elementary functions before it. Everything is in an unnamed
// namespace: a copy that the linker shares between files would mix instruction sets.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/rasterize/stages.h"

namespace facesdk {
namespace {

#define FACESDK_STAGE FACESDK_TARGET static inline __attribute__((always_inline))

using I = V::I;
using F = V::F;

constexpr int64_t kCachedPixels = 1 << 16;  // of a tile; the pixels of larger ones are prefetched

FACESDK_STAGE int count_bits(unsigned mask) { return __builtin_popcount(mask); }

FACESDK_STAGE I first_pixels(I v) { return V::shift_right<kSubBits>(V::add(v, V::set(kSub - 1))); }

FACESDK_STAGE I low_half(I v) { return V::shift_right<16>(V::shift_left<16>(v)); }
FACESDK_STAGE I high_half(I v) { return V::shift_right<16>(v); }

// edge + bias32(dx, dy)
FACESDK_STAGE I biased(I edge, I dx, I dy) {
  const I own = V::shift_right<31>(V::sub(V::shift_left<15>(dy), dx));
  return V::sub(edge, V::add(own, V::set(1)));
}

// Triangles that face the wrong way, are outside or lie between the pixels' centres fall out; those that are
// too large for what follows are large. `index` holds the corners of V::kLanes triangles.
FACESDK_STAGE void cull(const Scene& s, const Tile& tile, const int32_t* index, int64_t first, I live,
                        Survivors& k, Fragments& out) {
  I ax, ay, bx, by, cx, cy;
  V::gather3(s.fixed, index, ax, ay);
  V::gather3(s.fixed, index + 1, bx, by);
  V::gather3(s.fixed, index + 2, cx, cy);
  const I x0 = first_pixels(V::min(ax, V::min(bx, cx))), x1 = first_pixels(V::max(ax, V::max(bx, cx)));
  const I y0 = first_pixels(V::min(ay, V::min(by, cy))), y1 = first_pixels(V::max(ay, V::max(by, cy)));
  const I width = V::set(tile.width), zero = V::set(0);
  const I top = V::set(tile.begin), bottom = V::set(tile.end);
  live = V::both(live, V::less(x0, V::min(x1, width)));
  live = V::both(live, V::less(V::max(y0, top), V::min(y1, bottom)));
  live = V::both(live, V::less(zero, x1));
  if (V::bits(live) == 0) return;

  const I side = V::max(V::sub(x1, x0), V::sub(y1, y0));
  const I beyond = V::either(V::either(V::less(V::set(kSide), side), V::less(x0, zero)),
                             V::either(V::either(V::less(y0, top), V::less(width, x1)), V::less(bottom, y1)));
  const I number = V::add(V::set(static_cast<int32_t>(first)), V::lanes());
  const unsigned large = V::bits(V::both(live, beyond));
  if (large != 0) {
    V::store_packed(out.large + out.num_large, V::packing(large), number);
    out.num_large += count_bits(large);
  }

  // From corner a to the others, turned by a quarter: the change of an edge value per pixel right and down.
  const I ux = V::sub(bx, ax), vx = V::sub(cx, ax), down = V::sub(cy, ay);
  I step_c = V::pairs(V::sub(ay, by), ux);
  I step_b = V::pairs(down, V::sub(zero, vx));
  const I area = V::dot(step_c, V::pairs(vx, down));
  // With the sign of the area taken out, inside is positive on either side of the triangle.
  const I turn = V::less(area, zero);
  I drawn = V::without(live, beyond);
  drawn = V::both(drawn, s.p.cull ? turn : V::either(turn, V::less(zero, area)));
  const unsigned kept = V::bits(drawn);
  if (kept == 0) return;
  step_b = V::negate_pairs(step_b, turn);
  step_c = V::negate_pairs(step_c, turn);

  const int n = k.count;
  const V::Packing order = V::packing(kept);
  V::store_packed(k.triangle + n, order, number);
  V::store_packed(k.pixel + n, order, V::add(V::mul(V::sub(y0, top), width), x0));
  V::store_packed(k.side + n, order, side);
  V::store_packed(k.step_b + n, order, step_b);
  V::store_packed(k.step_c + n, order, step_c);
  V::store_packed(k.place + n, order,
                  V::pairs(V::sub(V::shift_left<kSubBits>(x0), ax), V::sub(V::shift_left<kSubBits>(y0), ay)));
  V::store_packed(k.area + n, order, V::abs(area));
  k.count = n + count_bits(kept);
}

// Which pixels of their boxes the survivors cover; those that cover one go into the queue.
FACESDK_STAGE void cover(const Scene& s, const Tile& tile, const Survivors& k, Queue& q) {
  const bool far = static_cast<int64_t>(tile.end - tile.begin) * tile.width > kCachedPixels;
  const I zero = V::set(0);
  int n = 0;
  for (int i = 0; i < k.count; i += V::kLanes) {
    const I live = V::less(V::lanes(), V::set(k.count - i));
    const I step_b = V::load(k.step_b + i), step_c = V::load(k.step_c + i);
    const I place = V::load(k.place + i), area = V::load(k.area + i);
    const I edge_b = V::dot(step_b, place), edge_c = V::dot(step_c, place);
    const I edge_a = V::sub(area, V::add(edge_b, edge_c));
    const I right_b = low_half(step_b), down_b = high_half(step_b);
    const I right_c = low_half(step_c), down_c = high_half(step_c);
    const I right_a = V::sub(zero, V::add(right_b, right_c)), down_a = V::sub(zero, V::add(down_b, down_c));
    // An edge goes (down, -right) in pixels.
    I row_a = biased(edge_a, down_a, V::sub(zero, right_a));
    I row_b = biased(edge_b, down_b, V::sub(zero, right_b));
    I row_c = biased(edge_c, down_c, V::sub(zero, right_c));
    const I across_a = V::shift_left<kSubBits>(right_a), below_a = V::shift_left<kSubBits>(down_a);
    const I across_b = V::shift_left<kSubBits>(right_b), below_b = V::shift_left<kSubBits>(down_b);
    const I across_c = V::shift_left<kSubBits>(right_c), below_c = V::shift_left<kSubBits>(down_c);
    const int32_t most = V::largest(V::both(live, V::load(k.side + i)));
    I bits = zero;
    for (int32_t y = 0; y < most; ++y) {
      I at_a = row_a, at_b = row_b, at_c = row_c, bit = V::set(1 << (kSide * y));
      for (int32_t x = 0; x < most; ++x) {
        const I outside = V::shift_right<31>(V::either(at_a, V::either(at_b, at_c)));
        bits = V::either(bits, V::without(bit, outside));
        at_a = V::add(at_a, across_a), at_b = V::add(at_b, across_b), at_c = V::add(at_c, across_c);
        bit = V::add(bit, bit);
      }
      row_a = V::add(row_a, below_a), row_b = V::add(row_b, below_b), row_c = V::add(row_c, below_c);
    }

    const unsigned covers = V::bits(V::both(live, V::less(zero, bits)));
    const V::Packing order = V::packing(covers);
    V::store_packed(q.bits + n, order, bits);
    V::store_packed(q.triangle + n, order, V::load(k.triangle + i));
    V::store_packed(q.pixel + n, order, V::load(k.pixel + i));
    V::store_packed(q.edge_b + n, order, edge_b);
    V::store_packed(q.edge_c + n, order, edge_c);
    V::store_packed(q.step_b + n, order, step_b);
    V::store_packed(q.step_c + n, order, step_c);
    V::store_packed(q.scale + n, order, V::div(V::set(1.0f), V::to_float(area)));
    n += count_bits(covers);
  }
  for (int i = 0; i < n; ++i) {
    const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(q.triangle[i]);
    q.inverse_a[i] = s.inverse[index[0]], q.inverse_b[i] = s.inverse[index[1]];
    q.inverse_c[i] = s.inverse[index[2]];
  }
  for (int i = 0; far && i < n; ++i) {
    const int64_t at = q.pixel[i];
    __builtin_prefetch(tile.nearness + at, 1);
    __builtin_prefetch(tile.triangle + at, 1);
    if (tile.color != nullptr) __builtin_prefetch(tile.color + 3 * at, 1);
  }
  q.count = n;
}

// One pixel of each triangle in the queue becomes a fragment; a triangle with more goes to the queue's end.
FACESDK_STAGE void write_fragments(const Scene& s, const Tile& tile, Queue& q, Fragments& out) {
  const I zero = V::set(0), steps = V::set(1 | (tile.width << 16));
  for (int i = 0, taken = 0; i < q.count; i += taken) {
    taken = std::min(q.count - i, V::kLanes);
    const I live = V::less(V::lanes(), V::set(taken));
    const I bits = V::both(live, V::load(q.bits + i)), number = V::load(q.triangle + i);
    const I pixel = V::load(q.pixel + i);
    const I edge_b = V::load(q.edge_b + i), edge_c = V::load(q.edge_c + i);
    const I step_b = V::load(q.step_b + i), step_c = V::load(q.step_c + i);
    const F scale = V::load(q.scale + i);
    const F w0 = V::load(q.inverse_a + i), w1 = V::load(q.inverse_b + i), w2 = V::load(q.inverse_c + i);

    // The lowest bit's number is its exponent as a float. Number to column and row: a division by kSide = 5,
    // exact for numbers below 25.
    const I lowest = V::both(bits, V::sub(zero, bits));
    const I bit = V::sub(V::shift_right<23>(V::float_bits(V::to_float(lowest))), V::set(127));
    const I y = V::shift_right<8>(V::dot(bit, V::set(52)));
    const I x = V::sub(bit, V::add(y, V::shift_left<2>(y)));
    const I place = V::pairs(x, y);

    const I at_b = V::add(edge_b, V::shift_left<kSubBits>(V::dot(place, step_b)));
    const I at_c = V::add(edge_c, V::shift_left<kSubBits>(V::dot(place, step_c)));
    const F l1 = V::mul(V::to_float(at_b), scale), l2 = V::mul(V::to_float(at_c), scale);
    // inverse_depth()
    const F part = V::add(w0, V::mul(l1, V::sub(w1, w0)));
    const F nearness = V::add(part, V::mul(l2, V::sub(w2, w0)));
    V::store(out.pixel + i, V::add(pixel, V::dot(place, steps)));
    V::store(out.nearness + i, nearness);
    V::store(out.triangle + i, number);
    if (s.weighted) {
      const F depth = V::div(V::set(1.0f), nearness);
      V::store(out.b1 + i, V::mul(V::mul(l1, w1), depth));
      V::store(out.b2 + i, V::mul(V::mul(l2, w2), depth));
    }

    const I rest = V::sub(bits, lowest);
    const unsigned more = V::bits(V::less(zero, rest));
    if (more == 0) continue;
    const int n = q.count;
    const V::Packing order = V::packing(more);
    V::store_packed(q.bits + n, order, rest);
    V::store_packed(q.triangle + n, order, number);
    V::store_packed(q.pixel + n, order, pixel);
    V::store_packed(q.edge_b + n, order, edge_b);
    V::store_packed(q.edge_c + n, order, edge_c);
    V::store_packed(q.step_b + n, order, step_b);
    V::store_packed(q.step_c + n, order, step_c);
    V::store_packed(q.scale + n, order, scale);
    V::store_packed(q.inverse_a + n, order, w0);
    V::store_packed(q.inverse_b + n, order, w1);
    V::store_packed(q.inverse_c + n, order, w2);
    q.count = n + count_bits(more);
  }
  out.count = q.count;
}

// Whether 3 * V::kLanes indices are all those of vertices. As unsigned numbers negative ones are huge.
FACESDK_STAGE bool indices_fit(const int32_t* index, I last) {
  const I most = V::max_unsigned(V::max_unsigned(V::load(index), V::load(index + V::kLanes)),
                                 V::max_unsigned(V::load(index + 2 * V::kLanes), last));
  return V::all_equal(most, last);
}

// False, with nothing to be drawn, where an index is not that of a vertex.
FACESDK_STAGE bool vector_fragments(const Scene& s, const Tile& tile, int64_t begin, int64_t end,
                                    Fragments& out) {
  Survivors& k = out.survivors;
  k.count = out.num_large = 0;
  if (s.p.num_verts == 0) return false;
  const I all = V::set(-1);
  const I last = V::set(static_cast<int32_t>(std::min<int64_t>(s.p.num_verts, INT32_MAX) - 1));
  int64_t t = begin;
  for (; t + V::kLanes <= end; t += V::kLanes) {
    const int32_t* const index = s.p.triangles + 3 * t;
    if (!indices_fit(index, last)) return false;
    cull(s, tile, index, t, all, k, out);
  }
  if (t < end) {  // the others read the last triangle again, and nothing behind it
    int32_t index[3 * V::kLanes];
    for (int64_t lane = 0; lane < V::kLanes; ++lane) {
      std::copy_n(s.p.triangles + 3 * std::min(t + lane, end - 1), 3, index + 3 * lane);
    }
    if (!indices_fit(index, last)) return false;
    cull(s, tile, index, t, V::less(V::lanes(), V::set(static_cast<int32_t>(end - t))), k, out);
  }
  cover(s, tile, k, out.queue);
  write_fragments(s, tile, out.queue, out);
  return true;
}

// Copies and template arguments: what is stored could as well be the tile itself, for all that the compiler
// knows.
template <bool kColor, bool kBary>
FACESDK_STAGE void draw_taken(const Scene& s, const Tile& tile, const Fragments& f) {
  const Tile to = tile;
  const float* const colors = s.p.colors;
  const int32_t* const triangles = s.p.triangles;
  const int count = f.count;
  for (int i = 0; i < count; ++i) {
    const int64_t at = f.pixel[i];
    const int32_t t = f.triangle[i];
    if (!to.take(at, f.nearness[i], t)) continue;
    if (kBary) to.weigh(at, f.b1[i], f.b2[i]);
    if (!kColor) continue;
    const int32_t* index = triangles + 3 * static_cast<int64_t>(t);
    const auto color = [&](int corner)
                           FACESDK_TARGET { return V::load_color(colors + 3 * int64_t{index[corner]}); };
    to.paint(at, f.b1[i], f.b2[i], color(0), color(1), color(2));
  }
}

FACESDK_STAGE void draw_vector_fragments(const Scene& s, const Tile& tile, const Fragments& f) {
  if (tile.bary != nullptr) {
    return tile.color != nullptr ? draw_taken<true, true>(s, tile, f) : draw_taken<false, true>(s, tile, f);
  }
  return tile.color != nullptr ? draw_taken<true, false>(s, tile, f) : draw_taken<false, false>(s, tile, f);
}

}  // namespace
}  // namespace facesdk
