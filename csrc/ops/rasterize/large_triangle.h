// A triangle of any size on a tile.
#pragma once

#include "ops/rasterize/stages.h"

namespace facesdk {

using LargeTriangle = TriangleSetup;

// False where nothing of the triangle is to be drawn.
inline bool set_up_large_triangle(const Scene& s, const Tile& tile, int32_t t, LargeTriangle* out) {
  const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(t);
  return set_up_triangle(s.fixed[index[0]], s.fixed[index[1]], s.fixed[index[2]], s.inverse[index[0]],
                         s.inverse[index[1]], s.inverse[index[2]], s.p.cull,
                         {tile.begin, tile.end, tile.width}, out);
}

// Whether the edge values of a triangle fit 32 bits at every pixel of its box: each is twice the area of a
// triangle within the square of its longer side.
constexpr int64_t kMostSide = 46340;  // 1/4096 px, eleven pixels; its square is less than 2^31

inline bool is_narrow(const LargeTriangle& o) {
  constexpr int64_t most = kMostSide * kSub;
  bool narrow = true;
  for (const EdgeWalk* edge : {&o.of_a, &o.of_b, &o.of_c}) {
    narrow &= (edge->right <= most) & (edge->right >= -most) & (edge->down <= most) & (edge->down >= -most);
  }
  return narrow;
}

}  // namespace facesdk
