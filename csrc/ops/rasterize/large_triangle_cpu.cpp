#include "ops/rasterize/large_triangle.h"

namespace facesdk {

// Row by row the columns that are inside, then 64-bit edge values, stepped from pixel to pixel.
void draw_large_triangle(const Scene& s, const Tile& tile, int32_t t) {
  LargeTriangle o;
  if (!set_up_large_triangle(s, tile, t, &o)) return;
  const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(t);
  Float4 colors[3] = {};
  for (int corner = 0; corner < 3 && tile.color != nullptr; ++corner)
    colors[corner] = s.colors[index[corner]];
  for (EdgeWalk* edge : {&o.of_a, &o.of_b, &o.of_c}) edge->invert();
  for (int32_t y = o.y0; y <= o.y1; ++y, o.of_a.step_down(), o.of_b.step_down(), o.of_c.step_down()) {
    int64_t first = 0, last = o.x1 - o.x0;
    o.of_a.narrow(&first, &last);
    o.of_b.narrow(&first, &last);
    o.of_c.narrow(&first, &last);
    int64_t at = static_cast<int64_t>(y - tile.begin) * tile.width + o.x0 + first;
    int64_t b = o.of_b.row + first * o.of_b.right, c = o.of_c.row + first * o.of_c.right;
    for (int64_t x = first; x <= last; ++x, ++at, b += o.of_b.right, c += o.of_c.right) {
      const float l1 = corner_weight(b, o.bias_b, o.scale), l2 = corner_weight(c, o.bias_c, o.scale);
      const float w = inverse_depth(o.w0, o.w1, o.w2, l1, l2);
      if (!tile.take(at, w, t) || !s.weighted) continue;
      const float depth = 1.0f / w;
      const float b1 = perspective_weight(l1, o.w1, depth), b2 = perspective_weight(l2, o.w2, depth);
      tile.weigh(at, b1, b2);
      tile.paint(at, b1, b2, colors[0], colors[1], colors[2]);
    }
  }
}

}  // namespace facesdk
