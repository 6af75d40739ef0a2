// One vertex from the face frame to the picture, and its normal from the sum of its triangles' to the camera.
#pragma once

#include "ops/normals/normals_math.h"
#include "ops/project/project_math.h"

namespace facesdk {

// r (3, 3), m (3,) and k (3, 3) as rotation, translation and intrinsics -> x px, y px, depth mm.
FACESDK_HD void project_vertex(const float* r, const float* m, const float* k, float x, float y, float z,
                               float* out) {
  float v[3];
  transform_point(r, m, x, y, z, v);
  project_point(k, v[0], v[1], v[2], out);
}

// A rotation turns the sum as it turns the vertices: normals are summed in the face frame.
FACESDK_HD void rotate_normal(const float* r, float x, float y, float z, float* out) {
  const float scale = unit_scale(x * x + y * y + z * z);
  const float nx = x * scale, ny = y * scale, nz = z * scale;
  out[0] = r[0] * nx + r[1] * ny + r[2] * nz;
  out[1] = r[3] * nx + r[4] * ny + r[5] * nz;
  out[2] = r[6] * nx + r[7] * ny + r[8] * nz;
}

}  // namespace facesdk
