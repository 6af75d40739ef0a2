// Real spherical harmonics up to band 2 at one direction.
#pragma once

#include "common/host_device.h"

namespace facesdk {

constexpr float kSh0 = 0.28209479177387814f;   // 1 / (2 sqrt(pi))
constexpr float kSh1 = 0.48860251190291992f;   // sqrt(3 / (4 pi))
constexpr float kSh2 = 1.0925484305920792f;    // sqrt(15 / (4 pi))
constexpr float kSh20 = 0.31539156525252005f;  // sqrt(5 / (16 pi))
constexpr float kSh22 = 0.54627421529603959f;  // sqrt(15 / (16 pi))

// Light of one channel at the unit direction (x, y, z); `sh` steps over the channels of (9, 3).
FACESDK_HD float sh_light(const float* sh, float x, float y, float z) {
  float sum = sh[0] * kSh0;
  sum += sh[3] * (kSh1 * y);
  sum += sh[6] * (kSh1 * z);
  sum += sh[9] * (kSh1 * x);
  sum += sh[12] * (kSh2 * (x * y));
  sum += sh[15] * (kSh2 * (y * z));
  sum += sh[18] * (kSh20 * (3.0f * (z * z) - 1.0f));
  sum += sh[21] * (kSh2 * (x * z));
  sum += sh[24] * (kSh22 * (x * x - y * y));
  return sum;
}

// Albedo under the light of `count` unit normals, their coordinates apart; albedo and out have RGB together.
template <int kMost>
FACESDK_HD void shade_block(const float* sh, const float* x, const float* y, const float* z,
                            const float* FACESDK_RESTRICT albedo, float* FACESDK_RESTRICT out, int count) {
  float light[3][kMost];
  for (int channel = 0; channel < 3; ++channel) {
    for (int i = 0; i < count; ++i) light[channel][i] = sh_light(sh + channel, x[i], y[i], z[i]);
  }
  for (int i = 0; i < count; ++i) {
    out[3 * i] = albedo[3 * i] * light[0][i];
    out[3 * i + 1] = albedo[3 * i + 1] * light[1][i];
    out[3 * i + 2] = albedo[3 * i + 2] * light[2][i];
  }
}

}  // namespace facesdk
