// One point through the camera.
#pragma once

#include "common/host_device.h"

namespace facesdk {

FACESDK_HD void transform_point(const float* r, const float* m, float x, float y, float z, float* out) {
  out[0] = r[0] * x + r[1] * y + r[2] * z + m[0];
  out[1] = r[3] * x + r[4] * y + r[5] * z + m[1];
  out[2] = r[6] * x + r[7] * y + r[8] * z + m[2];
}

// Points with z <= 0 are kept (their z says that they are behind the camera): the rasterizer drops them.
FACESDK_HD void project_point(const float* k, float x, float y, float z, float* out) {
  const float inverse = z != 0.0f ? 1.0f / z : 0.0f;
  const float xn = x * inverse, yn = y * inverse;
  out[0] = k[0] * xn + k[1] * yn + k[2];
  out[1] = k[4] * yn + k[5];
  out[2] = z;
}

FACESDK_HD void unproject_point(const float* k, float u, float v, float z, float* out) {
  const float yn = (v - k[5]) / k[4];
  const float xn = (u - k[2] - k[1] * yn) / k[0];
  out[0] = xn * z;
  out[1] = yn * z;
  out[2] = z;
}

}  // namespace facesdk
