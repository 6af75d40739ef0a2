// Where a crop pixel comes from, and the mean of four picture pixels.
#pragma once

#include <cmath>
#include <cstdint>

#include "common/hd.h"

namespace facesdk {

// Start of a crop row in the picture, whole part and rest apart: the rest stays small, so float steps along
// the row are exact to a thousandth of a pixel in any picture.
struct WarpRow {
  int64_t x, y;
  float rest_x, rest_y;
};

FACESDK_HD double clamp_far(double v) { return v < -1e15 ? -1e15 : (v > 1e15 ? 1e15 : v); }

FACESDK_HD WarpRow warp_row(const double* inverse, int64_t row) {
  const double x = clamp_far(inverse[1] * static_cast<double>(row) + inverse[2]);
  const double y = clamp_far(inverse[4] * static_cast<double>(row) + inverse[5]);
  const double fx = std::floor(x), fy = std::floor(y);
  return {static_cast<int64_t>(fx), static_cast<int64_t>(fy), static_cast<float>(x - fx),
          static_cast<float>(y - fy)};
}

FACESDK_HD float bilinear(float p00, float p01, float p10, float p11, float wx, float wy) {
  const float top = p00 + wx * (p01 - p00);
  const float bottom = p10 + wx * (p11 - p10);
  return top + wy * (bottom - top);
}

}  // namespace facesdk
