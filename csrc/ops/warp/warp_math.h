// Where a crop pixel comes from, what lies beyond the border, the mean of four picture pixels, and the cells
// of the reduced picture.
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

constexpr float kFar = 1e9f;  // beyond this a float step no longer fits the integer part

// The left upper of the four picture pixels round a crop pixel, from the start of its row, and the weights of
// those to the right and below.
struct WarpTap {
  int32_t x, y;
  float wx, wy;
};

FACESDK_HD WarpTap warp_tap(const WarpRow& start, float step_x, float step_y, int32_t column) {
  const float steps = static_cast<float>(column);
  const float fx = start.rest_x + step_x * steps, fy = start.rest_y + step_y * steps;
  const float near_x = fx > -kFar && fx < kFar ? fx : -kFar, near_y = fy > -kFar && fy < kFar ? fy : -kFar;
  const float floor_x = std::floor(near_x), floor_y = std::floor(near_y);
  return {static_cast<int32_t>(floor_x), static_cast<int32_t>(floor_y), near_x - floor_x, near_y - floor_y};
}

// Black outside. The picture is (height, width, 3).
FACESDK_HD uint8_t pixel_or_black(const uint8_t* image, int64_t height, int64_t width, int64_t x, int64_t y,
                                  int channel) {
  const bool inside = x >= 0 && x < width && y >= 0 && y < height;
  return inside ? image[3 * (y * width + x) + channel] : uint8_t{0};
}

FACESDK_HD float unit_of(float v) { return v * (1.0f / 255.0f); }
FACESDK_HD uint8_t nearest_byte(float v) { return static_cast<uint8_t>(static_cast<int32_t>(v + 0.5f)); }

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

// Numbers that mean_byte takes for cells of `count` pixels.
FACESDK_HD uint64_t inverse_of_count(uint32_t count) { return (uint64_t{1} << 32) / count + 1; }

// (sum + count / 2) / count, rounded down, for sum <= 255 * count and count <= 256. What a cell has outside
// the picture counts as black.
FACESDK_HD uint8_t mean_byte(uint32_t sum, uint32_t count, uint64_t inverse_count) {
  return static_cast<uint8_t>(((sum + count / 2) * inverse_count) >> 32);
}

// A part of the reduced picture: cells [x0, x1) x [y0, y1).
struct CellWindow {
  int64_t x0, y0, x1, y1;
};

// The cells that a crop of `size` px can touch, within the picture; empty (0 x 0) where it lies beside it.
// `reduced` is from reduce_map.
FACESDK_HD CellWindow touched_cells(int64_t width, int64_t height, int32_t factor, int64_t size,
                                    const double* reduced) {
  const double end = static_cast<double>(size - 1), far = 1e9;
  double low[2] = {far, far}, high[2] = {-far, -far};
  for (int corner = 0; corner < 4; ++corner) {
    const double column = corner & 1 ? end : 0.0, row = corner >> 1 ? end : 0.0;
    for (int axis = 0; axis < 2; ++axis) {
      const double* m = reduced + 3 * axis;
      const double at = m[0] * column + m[1] * row + m[2];
      low[axis] = std::fmin(low[axis], at);
      high[axis] = std::fmax(high[axis], at);
    }
  }
  const int64_t cells[2] = {(width + factor - 1) / factor, (height + factor - 1) / factor};
  int64_t from[2], to[2];
  for (int axis = 0; axis < 2; ++axis) {
    from[axis] = static_cast<int64_t>(std::fmax(0.0, std::fmin(far, std::floor(low[axis]) - 1.0)));
    to[axis] = static_cast<int64_t>(std::fmax(0.0, std::fmin(far, high[axis] + 3.0)));
    to[axis] = cells[axis] < to[axis] ? cells[axis] : to[axis];
    if (from[axis] >= to[axis]) return {0, 0, 0, 0};
  }
  return {from[0], from[1], to[0], to[1]};
}

FACESDK_HD float bilinear(float p00, float p01, float p10, float p11, float wx, float wy) {
  const float top = p00 + wx * (p01 - p00);
  const float bottom = p10 + wx * (p11 - p10);
  return top + wy * (bottom - top);
}

}  // namespace facesdk
