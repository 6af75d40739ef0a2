// Vertex colour under spherical-harmonics light (paper 1, equation 6): albedo * sum over b of sh_b
// H_b(normal).
#pragma once

#include <cstdint>

namespace facesdk {

struct ShadeParams {
  const float* albedo;   // (V, 3) RGB 0..1, linear in the picture's values
  const float* normals;  // (V, 3) unit length, camera frame
  const float* sh;       // (9, 3) RGB; order Y00, Y1-1, Y10, Y11, Y2-2, Y2-1, Y20, Y21, Y22
  int64_t num_verts;     // V
  float* out;            // (V, 3) RGB, not clipped
  int threads;
};

void shade_cpu(const ShadeParams& p);

}  // namespace facesdk
