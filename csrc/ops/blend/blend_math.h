// Arithmetic of one pixel where a face is completed: a generated crop painted over the picture, and a drawn
// face brought to the photo's colours.
#pragma once

#include <cmath>
#include <cstdint>

#include "common/host_device.h"

namespace facesdk {

// One number of a map of `channels` bytes a pixel, in between pixels, edges repeated.
FACESDK_HD double sample_bytes(const uint8_t* map, int32_t side, int32_t channels, int32_t channel, double x,
                               double y) {
  const double most = side - 1;
  x = x < 0.0 ? 0.0 : (most < x ? most : x), y = y < 0.0 ? 0.0 : (most < y ? most : y);
  const auto column = static_cast<int32_t>(x), row = static_cast<int32_t>(y);
  const int32_t right = column + 1 < side ? column + 1 : side - 1, down = row + 1 < side ? row + 1 : side - 1;
  const auto value = [&](int32_t u, int32_t v) {
    return static_cast<double>(map[(static_cast<int64_t>(v) * side + u) * channels + channel]);
  };
  const double fx = x - column, fy = y - row;
  const double upper = value(column, row) * (1.0 - fx) + value(right, row) * fx;
  const double lower = value(column, down) * (1.0 - fx) + value(right, down) * fx;
  return upper * (1.0 - fy) + lower * fy;
}

// Where a pixel of the picture is in a crop of `side` px.
struct CropPlace {
  double x, y;
  bool inside;
};

// matrix: (2, 3) px of the picture -> px of the crop.
FACESDK_HD CropPlace crop_place(const float* matrix, int32_t column, int32_t row, int32_t side) {
  CropPlace at;
  at.x = matrix[0] * static_cast<double>(column) + matrix[1] * static_cast<double>(row) + matrix[2];
  at.y = matrix[3] * static_cast<double>(column) + matrix[4] * static_cast<double>(row) + matrix[5];
  at.inside = at.x >= -0.5 && at.y >= -0.5 && at.x < side - 0.5 && at.y < side - 0.5;
  return at;
}

FACESDK_HD uint8_t mixed_byte(double share, double made, uint8_t value) {
  return static_cast<uint8_t>(share * made + (1.0 - share) * value + 0.5);
}

constexpr int32_t kFilterReach = 10;  // px of the box filter; three of them are nearly a Gaussian of 10 px
constexpr int32_t kFilterPasses = 3;
constexpr double kMeanWeight = 0.02;     // weight of the mean difference: far from pixels that are seen
constexpr double kMaxDifference = 60.0;  // gray levels of a difference from the mean: hair, covers missed
constexpr int32_t kMaxHoleReach = 24;    // px from its middle
constexpr double kRedHole = 70.0, kOtherHole = 35.0;  // gray levels: an open mouth is not drawn

FACESDK_HD int32_t level_of(float color) { return static_cast<int32_t>(color * 255.0f + 0.5f); }

// Whether a pixel shows the photo's face where the drawn one is: not covered, and within the outline (cells,
// cells).
FACESDK_HD bool is_seen(const uint8_t* mask, const float* depth, const uint8_t* outline, int32_t cells,
                        int32_t side, int32_t x, int32_t y) {
  const double scale = static_cast<double>(cells) / side;
  const auto row = static_cast<int64_t>((y + 0.5) * scale), column = static_cast<int64_t>((x + 0.5) * scale);
  const int64_t at = static_cast<int64_t>(y) * side + x;
  return mask[at] == 0 && depth[at] > 0.0f && outline[row * cells + column] != 0;
}

FACESDK_HD double mean_difference(double total, double pixels) {
  return pixels > 0.0 ? std::floor(total / pixels + 0.5) : 0.0;
}

// A difference of photo and drawing within bounds of their mean.
FACESDK_HD double bounded_difference(double difference, double mean) {
  const double away = difference - mean;
  return mean + (away < -kMaxDifference ? -kMaxDifference : (kMaxDifference < away ? kMaxDifference : away));
}

// Sums over 2 kFilterReach + 1 numbers of a line, `step` apart; whole numbers, so exact.
FACESDK_HD void box_filter_line(int32_t count, int64_t step, const double* in, double* out) {
  double sum = 0.0;
  for (int32_t k = 0; k < kFilterReach && k < count; ++k) sum += in[k * step];
  for (int32_t k = 0; k < count; ++k) {
    if (k + kFilterReach < count) sum += in[(k + kFilterReach) * step];
    if (k - kFilterReach - 1 >= 0) sum -= in[(k - kFilterReach - 1) * step];
    out[k * step] = sum;
  }
}

// What the mean difference weighs in units of the smoothed number of pixels.
FACESDK_HD double mean_weight() {
  double weight = kMeanWeight;
  for (int32_t pass = 0; pass < 2 * kFilterPasses; ++pass) weight *= 2 * kFilterReach + 1;
  return weight;
}

// Whether something is drawn on all four sides of a pixel: it is between the lips.
FACESDK_HD bool is_hole(const float* depth, int32_t side, int32_t x, int32_t y) {
  bool left = false, right = false, above = false, below = false;
  const auto drawn = [&](int32_t u, int32_t v) {
    return u >= 0 && v >= 0 && u < side && v < side && depth[static_cast<int64_t>(v) * side + u] > 0.0f;
  };
  for (int32_t k = 1; k <= kMaxHoleReach; ++k) {
    left = left || drawn(x - k, y), right = right || drawn(x + k, y);
    above = above || drawn(x, y - k), below = below || drawn(x, y + k);
  }
  return left && right && above && below;
}

// A drawn colour, moved by the smoothed differences round it, as a byte; `pixels`: their smoothed number.
FACESDK_HD uint8_t moved_level(float color, double differences, double pixels, double mean, double weight) {
  const double away = (differences + weight * mean) / (pixels + weight);
  const double level = level_of(color) + away;
  return static_cast<uint8_t>((level < 0.0 ? 0.0 : (255.0 < level ? 255.0 : level)) + 0.5);
}

}  // namespace facesdk
