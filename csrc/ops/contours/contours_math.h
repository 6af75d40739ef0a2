// Arithmetic of Canny's detector (1986) at one pixel, in integers.
#pragma once

#include <cstdint>

#include "common/host_device.h"

namespace facesdk {

// A Gaussian of 1.8 px in 256ths.
constexpr int32_t kBlurReach = 5;
constexpr int32_t kBlurWeights[2 * kBlurReach + 1] = {1, 5, 14, 31, 49, 56, 49, 31, 14, 5, 1};
constexpr int32_t kBlurBits = 4;  // kept of a smoothed gray level behind its point

// Length of the gradient by Sobel's filter, in gray levels: from kWeakLevels on a pixel may lie on a contour,
// from kStrongLevels on it does.
constexpr int32_t kWeakLevels = 20, kStrongLevels = 40;

// Squared length of a gradient of smoothed levels that answers to a length in gray levels.
FACESDK_HD constexpr int32_t squared_levels(int32_t levels) {
  return (levels << kBlurBits) * (levels << kBlurBits);
}

// A position mirrored at the first and the last of `count` pixels, neither of which is repeated. Right for
// any position where count is above kBlurReach; a smaller picture takes the nearest pixel.
FACESDK_HD int32_t mirrored(int32_t at, int32_t count) {
  const int32_t inside = at < 0 ? -at : at >= count ? 2 * (count - 1) - at : at;
  return inside < 0 ? 0 : inside >= count ? count - 1 : inside;
}

// Gray level of 8-bit RGB (ITU-R BT.601), rounded.
FACESDK_HD uint8_t gray_level(int32_t red, int32_t green, int32_t blue) {
  return static_cast<uint8_t>((4899 * red + 9617 * green + 1868 * blue + (1 << 13)) >> 14);
}

// Which of its eight neighbours a pixel is compared with, one and its opposite: across the contour that a
// gradient (dx, dy) of smoothed levels, at most 16320 each, stands on.
struct Neighbour {
  int32_t dx, dy;
};
FACESDK_HD Neighbour across(int32_t dx, int32_t dy) {
  constexpr int32_t kTangent = 13573;  // of 22.5 degrees, in 2^15ths; that of 67.5 degrees is 2 more
  const int32_t x = dx < 0 ? -dx : dx, y = (dy < 0 ? -dy : dy) << 15;
  const int32_t low = kTangent * x, high = low + (x << 16);
  if (y < low) return {1, 0};
  if (y > high) return {0, 1};
  return {(dx < 0) == (dy < 0) ? 1 : -1, 1};
}

}  // namespace facesdk
