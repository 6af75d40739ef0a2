// A triangle of any size: its box on a canvas, its three edges there, and what weighs its corners.
#pragma once

#include <algorithm>

#include "ops/rasterize/stages.h"

namespace facesdk {

struct OpenTriangle {
  int32_t x0, y0, x1, y1;     // box in pixels, cut to the canvas, ends included
  EdgeWalk of_a, of_b, of_c;  // the edge opposite each corner: >= 0 where a pixel belongs to it
  int64_t bias_b, bias_c;     // what the rule for pixels on an edge has added
  float scale;                // 1 / area
  float w0, w1, w2;           // 1 / depth
};

// False where nothing of the triangle is to be drawn.
inline bool open_triangle(const Scene& s, const Canvas& canvas, int32_t t, OpenTriangle* out) {
  const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(t);
  const FixedPoint a = s.fixed[index[0]], b = s.fixed[index[1]], c = s.fixed[index[2]];
  const int32_t y0 = std::max(first_pixel(std::min(a.y, std::min(b.y, c.y))), canvas.begin);
  const int32_t y1 = std::min(last_pixel(std::max(a.y, std::max(b.y, c.y))), canvas.end - 1);
  if (y0 > y1 || std::min(a.x, std::min(b.x, c.x)) == kNoVertex) return false;
  const int32_t x0 = std::max(first_pixel(std::min(a.x, std::min(b.x, c.x))), 0);
  const int32_t x1 = std::min(last_pixel(std::max(a.x, std::max(b.x, c.x))), canvas.width - 1);
  const int64_t area = edge(a, b, c.x, c.y);
  if (x0 > x1 || area == 0 || (area > 0 && s.p.cull)) return false;
  const bool flip = area < 0;
  const FixedPoint q = flip ? c : b, r = flip ? b : c;  // a -> q -> r is positive
  const int32_t px = x0 * kSub, py = y0 * kSub;
  const int64_t bias_q = edge_bias(r, a), bias_r = edge_bias(a, q);
  const EdgeWalk of_q(r, a, px, py, bias_q), of_r(a, q, px, py, bias_r);
  *out = {x0,
          y0,
          x1,
          y1,
          EdgeWalk(q, r, px, py, edge_bias(q, r)),
          flip ? of_r : of_q,
          flip ? of_q : of_r,
          flip ? bias_r : bias_q,
          flip ? bias_q : bias_r,
          1.0f / static_cast<float>(flip ? -area : area),
          s.inverse[index[0]],
          s.inverse[index[1]],
          s.inverse[index[2]]};
  return true;
}

}  // namespace facesdk
