// From a mesh in the face frame to the rasterizer's input in one pass over the vertices: transform, normals,
// spherical-harmonics shading and projection (paper 1, equations 5 and 6).
#pragma once

#include <cstdint>

#include "common/workspace.h"

namespace facesdk {

struct ShadeAndProjectParams {
  const float* verts;        // (V, 3) mm, face frame
  const int32_t* triangles;  // (T, 3) counter-clockwise seen from outside
  const float* rotation;     // (3, 3) row-major, orthonormal, face -> camera
  const float* shift;        // (3,) mm, camera frame
  const float* intrinsics;   // (3, 3) row-major, px; last row 0 0 1
  const float* albedo;       // (V, 3) RGB 0..1
  const float* sh;           // (9, 3) RGB, in the order of shade
  int64_t num_verts;         // V
  int64_t num_triangles;     // T
  float* points;             // (V, 3) x px, y px, depth mm
  float* colors;             // (V, 3) RGB, not clipped
  int threads;
};

// False, with outputs undefined, where an index is not in 0 .. V - 1.
bool shade_and_project_cpu(const ShadeAndProjectParams& p, Workspace& workspace);

}  // namespace facesdk
