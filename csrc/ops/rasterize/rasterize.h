// Triangle rasterizer with a depth buffer: pixel centres, top-left rule, nearest wins, equal depth goes to
// the lower triangle index, perspective-correct.
#pragma once

#include <cstdint>

#include "common/workspace.h"

namespace facesdk {

struct RasterizeParams {
  const float* points;       // (V, 3) x px, y px, depth mm; first pixel's centre is (0, 0)
  const int32_t* triangles;  // (T, 3) counter-clockwise seen from outside
  const float* colors;       // (V, 3) per vertex, or null
  int64_t num_verts;         // V
  int64_t num_triangles;     // T
  int32_t height;            // H px, 1..32767
  int32_t width;             // W px, 1..32767
  bool cull;                 // drop triangles that face away
  float* color;              // (H, W, 3) interpolated colors, 0 where empty; null if not wanted
  float* depth;              // (H, W) mm, 0 where empty; null if not wanted
  int32_t* triangle;         // (H, W) triangle index, -1 where empty; null if not wanted
  float* bary;  // (H, W, 3) weights of the three corners, perspective-correct; null if not wanted
  int threads;
};

// False, with outputs undefined, where an index is not in 0 .. V - 1.
bool rasterize_cpu(const RasterizeParams& p, Workspace& workspace);

}  // namespace facesdk
