// The normal of one triangle and the last step of one vertex.
#pragma once

#include <cmath>

#include "common/hd.h"

namespace facesdk {

// (b - a) x (c - a): points outside for a counter-clockwise triangle, length is twice the area.
FACESDK_HD void triangle_cross(const float* a, const float* b, const float* c, float* out) {
  const float ux = b[0] - a[0], uy = b[1] - a[1], uz = b[2] - a[2];
  const float vx = c[0] - a[0], vy = c[1] - a[1], vz = c[2] - a[2];
  out[0] = uy * vz - uz * vy;
  out[1] = uz * vx - ux * vz;
  out[2] = ux * vy - uy * vx;
}

FACESDK_HD void add3(float* sum, const float* v) {
  sum[0] += v[0];
  sum[1] += v[1];
  sum[2] += v[2];
}

// A vertex without area has no direction: it gets the zero vector, not NaN.
FACESDK_HD void normalize3(float* v) {
  const float length = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  const float scale = length > 0.0f ? 1.0f / length : 0.0f;
  v[0] *= scale;
  v[1] *= scale;
  v[2] *= scale;
}

}  // namespace facesdk
