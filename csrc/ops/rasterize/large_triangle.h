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

}  // namespace facesdk
