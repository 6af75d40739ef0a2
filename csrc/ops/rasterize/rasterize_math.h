// Exact coverage in fixed point, the set-up of a triangle, which fragment wins a pixel, and the perspective
// step.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "common/host_device.h"

namespace facesdk {

// Points are snapped to 1/4096 px. From there on coverage is integer arithmetic, exact, so that an edge
// shared by two triangles covers each pixel exactly once.
constexpr int kSubBits = 12;
constexpr int32_t kSub = 1 << kSubBits;
constexpr float kGuard = 131072.0f;             // px; beyond it the 64-bit products could overflow
constexpr float kNear = 1e-6f;                  // mm; keeps 1 / depth finite
constexpr int32_t kNoVertex = -2147483647 - 1;  // x of a vertex that cannot be drawn

// A triangle whose box has at most kSide x kSide pixels is smaller than (kSide + 1) px: its coordinates'
// differences fit 16 bits and its edge values 32, in the box and next to it.
constexpr int kSide = 5;

struct FixedPoint {
  int32_t x, y;  // 1/4096 px
};

// Behind the camera, not finite or far outside the guard band: not drawable.
FACESDK_HD FixedPoint snap(float x, float y, float z) {
  const bool drawable = (z > kNear) & (z < 3.0e38f) & (std::fabs(x) < kGuard) & (std::fabs(y) < kGuard);
  const float sx = drawable ? x * static_cast<float>(kSub) : 0.0f;
  const float sy = drawable ? y * static_cast<float>(kSub) : 0.0f;
  FixedPoint p;
  p.x = static_cast<int32_t>(std::nearbyint(sx));
  p.y = static_cast<int32_t>(std::nearbyint(sy));
  if (!drawable) p.x = kNoVertex;
  return p;
}

// Twice the signed area of (a, b, p) in y-down pixels. A triangle that is counter-clockwise seen from
// outside and faces the camera has a NEGATIVE area here: x right, y down, z forward looks from behind.
FACESDK_HD int64_t edge(FixedPoint a, FixedPoint b, int32_t px, int32_t py) {
  return static_cast<int64_t>(b.x - a.x) * (py - a.y) - static_cast<int64_t>(b.y - a.y) * (px - a.x);
}

// The same at c; corners that cannot be drawn do not overflow it.
FACESDK_HD int64_t area64(FixedPoint a, FixedPoint b, FixedPoint c) {
  const int64_t ax = a.x, ay = a.y;
  return (b.x - ax) * (c.y - ay) - (b.y - ay) * (c.x - ax);
}

// 0 if pixels exactly on the edge a -> b (of a positive triangle, y down) belong to it, else -1: added to the
// edge value it turns "inside or owned" into ">= 0". Left edges go up, top edges go right.
FACESDK_HD int64_t edge_bias(FixedPoint a, FixedPoint b) {
  return (b.y < a.y || (b.y == a.y && b.x > a.x)) ? 0 : -1;
}

// The same for differences of fixed-point coordinates of less than 2^15, modulo 2^32 and without a branch.
FACESDK_HD uint32_t bias32(uint32_t dx, uint32_t dy) {
  return ~static_cast<uint32_t>(static_cast<int32_t>((dy << 15) - dx) >> 31);
}

// The value of one edge from row to row, at the first column of a box.
struct EdgeWalk {
  int64_t row, right, down;  // the value, and its change per pixel to the right and downwards
  double inverse;            // 1 / |right|

  EdgeWalk() = default;
  FACESDK_HD EdgeWalk(FixedPoint a, FixedPoint b, int32_t px, int32_t py, int64_t bias)
      : row(edge(a, b, px, py) + bias),
        right(-static_cast<int64_t>(b.y - a.y) * kSub),
        down(static_cast<int64_t>(b.x - a.x) * kSub),
        inverse(0.0) {}

  FACESDK_HD void step_down() { row += down; }

  // Before narrow() is used.
  FACESDK_HD void invert() { inverse = right != 0 ? 1.0 / std::fabs(static_cast<double>(right)) : 0.0; }

  // Narrows the columns [first, last] (counted from the box) to those on the inner side. The division is a
  // guess that can be one column off; exact steps correct it.
  FACESDK_HD void narrow(int64_t* first, int64_t* last) const {
    if (right > 0) {
      if (row >= 0) return;
      const double limit = static_cast<double>(*last) + 1.0, column_f = static_cast<double>(-row) * inverse;
      const double guess = column_f < limit ? column_f : limit;
      int64_t column = static_cast<int64_t>(guess);
      while (column <= *last && row + column * right < 0) ++column;
      while (column > 0 && row + (column - 1) * right >= 0) --column;
      if (column > *first) *first = column;
    } else if (row < 0) {
      *last = -1;
    } else if (right < 0) {
      const double limit = static_cast<double>(*last), column_f = static_cast<double>(row) * inverse;
      const double guess = column_f < limit ? column_f : limit;
      int64_t column = static_cast<int64_t>(guess);
      while (column < *last && row + (column + 1) * right >= 0) ++column;
      while (column >= 0 && row + column * right < 0) --column;
      if (column < *last) *last = column;
    }
  }
};

// First pixel at or after, last pixel at or before a fixed-point coordinate (arithmetic shift floors).
FACESDK_HD int32_t first_pixel(int32_t v) { return (v + kSub - 1) >> kSubBits; }
FACESDK_HD int32_t last_pixel(int32_t v) { return v >> kSubBits; }

// 1 / depth is linear in the picture. The form keeps a constant depth constant to the bit, so that ties are
// ties.
FACESDK_HD float inverse_depth(float w0, float w1, float w2, float l1, float l2) {
  return w0 + l1 * (w1 - w0) + l2 * (w2 - w0);
}

// Whether a fragment of this 1 / depth takes a pixel from another: the nearest wins, at equal depth the lower
// triangle, in whatever order they come. An empty pixel has a nearness of 0 and any triangle; a nearness of 0
// never wins, NaN always does.
FACESDK_HD bool wins(float nearness, int32_t triangle, float other_nearness, int32_t other_triangle) {
  return !(nearness < other_nearness ||
           (nearness == other_nearness && (nearness == 0.0f || triangle > other_triangle)));
}

// A fragment of a positive nearness in one number: of two fragments of a pixel the one with the smaller
// number wins.
constexpr uint64_t kEmptyKey = ~uint64_t{0};

FACESDK_HD uint64_t fragment_key(float nearness, int32_t triangle) {
  uint32_t bits;
  std::memcpy(&bits, &nearness, sizeof bits);
  return static_cast<uint64_t>(~bits) << 32 | static_cast<uint32_t>(triangle);
}

FACESDK_HD float nearness_of(uint64_t key) {
  const uint32_t bits = ~static_cast<uint32_t>(key >> 32);
  float nearness;
  std::memcpy(&nearness, &bits, sizeof nearness);
  return nearness;
}

FACESDK_HD int32_t triangle_of(uint64_t key) { return static_cast<int32_t>(static_cast<uint32_t>(key)); }

// Weight of a corner in the picture from the value of the edge opposite, with the rule's bias in it.
FACESDK_HD float corner_weight(int64_t edge, int64_t bias, float scale) {
  return static_cast<float>(edge - bias) * scale;
}

// Perspective-correct weight of a corner from its weight l in the picture, its 1 / depth and the pixel's
// depth.
FACESDK_HD float perspective_weight(float l, float corner_nearness, float depth) {
  return l * corner_nearness * depth;
}

// Weight of corner 0 from those of corners 1 and 2.
FACESDK_HD float first_weight(float b1, float b2) { return 1.0f - b1 - b2; }

// Attribute of three corners, weighted; of one number or of several in a vector.
template <typename Value>
FACESDK_HD Value interpolate(Value c0, Value c1, Value c2, Value b1, Value b2) {
  return c0 + b1 * (c1 - c0) + b2 * (c2 - c0);
}

// A part of the picture: rows [begin, end), columns [0, width).
struct PixelRows {
  int32_t begin, end, width;
};

// A triangle on some rows: its box there, its edges at the box's first pixel, and what weighs its corners.
struct TriangleSetup {
  int32_t x0, y0, x1, y1;     // box in pixels, cut to the rows, ends included
  EdgeWalk of_a, of_b, of_c;  // the edge opposite each corner: >= 0 where a pixel belongs to it
  int64_t bias_b, bias_c;     // what the rule for pixels on an edge has added
  float scale;                // 1 / area
  float w0, w1, w2;           // 1 / depth of the corners
};

// False where nothing of the triangle is to be drawn: outside, without area, or, with `cull`, facing away.
// w holds 1 / depth of the corners.
FACESDK_HD bool set_up_triangle(FixedPoint a, FixedPoint b, FixedPoint c, float w0, float w1, float w2,
                                bool cull, PixelRows rows, TriangleSetup* out) {
  const auto least = [](int32_t u, int32_t v) { return u < v ? u : v; };
  const auto most = [](int32_t u, int32_t v) { return u > v ? u : v; };
  const int32_t min_x = least(a.x, least(b.x, c.x)), max_x = most(a.x, most(b.x, c.x));
  const int32_t min_y = least(a.y, least(b.y, c.y)), max_y = most(a.y, most(b.y, c.y));
  const int32_t y0 = most(first_pixel(min_y), rows.begin), y1 = least(last_pixel(max_y), rows.end - 1);
  if (y0 > y1 || min_x == kNoVertex) return false;
  const int32_t x0 = most(first_pixel(min_x), 0), x1 = least(last_pixel(max_x), rows.width - 1);
  const int64_t area = edge(a, b, c.x, c.y);
  if (x0 > x1 || area == 0 || (area > 0 && cull)) return false;
  const bool flip = area < 0;
  const FixedPoint q = flip ? c : b, r = flip ? b : c;  // a -> q -> r is positive
  const int32_t px = x0 * kSub, py = y0 * kSub;
  const int64_t bias_q = edge_bias(r, a), bias_r = edge_bias(a, q);
  const EdgeWalk of_q(r, a, px, py, bias_q), of_r(a, q, px, py, bias_r);
  out->x0 = x0, out->y0 = y0, out->x1 = x1, out->y1 = y1;
  out->of_a = EdgeWalk(q, r, px, py, edge_bias(q, r));
  out->of_b = flip ? of_r : of_q, out->of_c = flip ? of_q : of_r;
  out->bias_b = flip ? bias_r : bias_q, out->bias_c = flip ? bias_q : bias_r;
  out->scale = 1.0f / static_cast<float>(flip ? -area : area);
  out->w0 = w0, out->w1 = w1, out->w2 = w2;
  return true;
}

}  // namespace facesdk
