// draw_large_triangle once for several vector instruction sets: a row of a triangle of some pixels at a time.
// Includes as for fragments_template.h.
#pragma once

#include "ops/rasterize/large_triangle.h"
#include "ops/rasterize/stages.h"

namespace facesdk {
namespace {

// What becomes of the pixels `inside` of a vector that begins at `at`, with the weights of corners 1 and 2.
// All pixels of the vector are read and written.
FACESDK_STAGE void draw_lanes(const Scene& s, const Tile& tile, int32_t t, const LargeTriangle& o,
                              const V::Ramp& ramp, int64_t at, V::I inside, V::F l1, V::F l2) {
  const V::F w0 = V::set(o.w0), w1 = V::set(o.w1), w2 = V::set(o.w2);
  const V::I number = V::set(t);
  // inverse_depth()
  const V::F part = V::add(w0, V::mul(l1, V::sub(w1, w0)));
  const V::F w = V::add(part, V::mul(l2, V::sub(w2, w0)));
  // Tile::take() of the pixels inside
  const V::F there = V::load(tile.nearness + at);
  V::I taken = V::both(inside, V::not_less(w, there));
  if (V::bits(taken) == 0) return;
  const V::I other = V::load(tile.triangle + at), tie = V::both(taken, V::equal(w, there));
  if (V::bits(tie) != 0) {
    const V::I lost = V::either(V::equal(w, V::set(0.0f)), V::less(other, number));
    taken = V::without(taken, V::both(tie, lost));
  }
  V::store(tile.nearness + at, V::choose(taken, w, there));
  V::store(tile.triangle + at, V::choose(taken, number, other));
  if (!s.weighted) return;
  const V::F depth = V::div(V::set(1.0f), w);
  const V::F b1 = V::mul(V::mul(l1, w1), depth), b2 = V::mul(V::mul(l2, w2), depth);
  if (tile.color != nullptr) V::paint(tile.color + 3 * at, ramp, taken, b1, b2);
  if (tile.bary == nullptr) return;
  float each1[V::kLanes], each2[V::kLanes];
  V::store(each1, b1);
  V::store(each2, b2);
  for (unsigned rest = V::bits(taken); rest != 0; rest &= rest - 1) {
    const int i = __builtin_ctz(rest);
    tile.weigh(at + i, each1[i], each2[i]);
  }
}

FACESDK_STAGE V::I columns_of(const EdgeWalk& edge, V::I column) {
  return V::add(V::set(static_cast<int32_t>(edge.row)),
                V::mul(column, V::set(static_cast<int32_t>(edge.right))));
}

// Triangles whose edge values fit 32 bits; lanes beside the box wrap round and are masked. The others, and
// those whose last vector would reach behind the tile, are drawn by the plain path.
FACESDK_STAGE void draw_vector_triangle(const Scene& s, const Tile& tile, int32_t t) {
  LargeTriangle o;
  if (!set_up_large_triangle(s, tile, t, &o)) return;
  const int32_t columns = o.x1 - o.x0 + 1, vectors = (columns + V::kLanes - 1) / V::kLanes;
  const int64_t first = static_cast<int64_t>(o.y0 - tile.begin) * tile.width + o.x0;
  const int64_t reached = first + static_cast<int64_t>(o.y1 - o.y0) * tile.width + V::kLanes * vectors;
  if (!is_narrow(o) || reached > static_cast<int64_t>(tile.end - tile.begin) * tile.width) {
    return draw_large_triangle(s, tile, t);
  }
  const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(t);
  const V::Ramp ramp = tile.color != nullptr ? V::ramp(s.p.colors, index) : V::Ramp{};
  const V::I down_a = V::set(static_cast<int32_t>(o.of_a.down));
  const V::I down_b = V::set(static_cast<int32_t>(o.of_b.down));
  const V::I down_c = V::set(static_cast<int32_t>(o.of_c.down));
  const V::I bias_b = V::set(static_cast<int32_t>(o.bias_b)), bias_c = V::set(static_cast<int32_t>(o.bias_c));
  const V::F scale = V::set(o.scale);
  for (int32_t x = 0; x < columns; x += V::kLanes) {
    const V::I column = V::add(V::lanes(), V::set(x)), within = V::less(column, V::set(columns));
    V::I a = columns_of(o.of_a, column), b = columns_of(o.of_b, column), c = columns_of(o.of_c, column);
    int64_t at = first + x;
    for (int32_t y = o.y0; y <= o.y1; ++y, at += tile.width) {
      const V::I inside = V::without(within, V::shift_right<31>(V::either(a, V::either(b, c))));
      if (V::bits(inside) != 0) {
        const V::F l1 = V::mul(V::to_float(V::sub(b, bias_b)), scale);
        const V::F l2 = V::mul(V::to_float(V::sub(c, bias_c)), scale);
        draw_lanes(s, tile, t, o, ramp, at, inside, l1, l2);
      }
      a = V::add(a, down_a), b = V::add(b, down_b), c = V::add(c, down_c);
    }
  }
}

}  // namespace
}  // namespace facesdk
