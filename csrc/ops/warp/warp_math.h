// Where a crop pixel comes from, and the mean of four picture pixels.
#pragma once

#include <cmath>
#include <cstdint>

#include "common/host_device.h"

namespace facesdk {

// Start of a crop row in the picture, whole part and rest apart: the rest stays small, so float steps along
// the row are exact to a thousandth of a pixel in any picture.
struct WarpRow {
  int64_t x, y;
  float rest_x, rest_y;
};

FACESDK_HD double clamp_far(double v) { return v < -1e15 ? -1e15 : (v > 1e15 ? 1e15 : v); }

FACESDK_HD WarpRow warp_row(const double* inverse, double column, double row) {
  const double x = clamp_far(inverse[0] * column + inverse[1] * row + inverse[2]);
  const double y = clamp_far(inverse[3] * column + inverse[4] * row + inverse[5]);
  const double fx = std::floor(x), fy = std::floor(y);
  return {static_cast<int64_t>(fx), static_cast<int64_t>(fy), static_cast<float>(x - fx),
          static_cast<float>(y - fy)};
}

// By how much the picture is reduced first, so that two samples lie at most 1.75 of its pixels apart: a
// bilinear sample sees one pixel to either side, so none is skipped. At most 16; past that the crop is a
// thumbnail.
FACESDK_HD int32_t warp_factor(const double* inverse) {
  const double area = std::fabs(inverse[0] * inverse[4] - inverse[1] * inverse[3]);
  const double factor = std::ceil(std::sqrt(area) / 1.75 - 1e-6);
  return factor < 1.0 ? 1 : (factor > 16.0 ? 16 : static_cast<int32_t>(factor));
}

// The map to the picture as a map to the picture reduced by `factor`.
FACESDK_HD void reduce_map(const double* inverse, int32_t factor, double* reduced) {
  for (int i = 0; i < 6; ++i) reduced[i] = inverse[i] / factor;
  for (int i = 2; i < 6; i += 3) reduced[i] -= 0.5 * (factor - 1) / factor;  // a reduced pixel's centre
}

// (sum + count / 2) / count, rounded down, for sum <= 255 * count and count <= 256.
FACESDK_HD uint8_t mean_byte(uint32_t sum, uint32_t count, uint64_t inverse_count) {
  return static_cast<uint8_t>(((sum + count / 2) * inverse_count) >> 32);
}

FACESDK_HD float bilinear(float p00, float p01, float p10, float p11, float wx, float wy) {
  const float top = p00 + wx * (p01 - p00);
  const float bottom = p10 + wx * (p11 - p10);
  return top + wy * (bottom - top);
}

}  // namespace facesdk
