// Inner product of damped_least_squares, in an order that does not depend on the width of a register.
#pragma once

#include <cstdint>

#include "common/host_device.h"

namespace facesdk {

constexpr int kDotLanes = 16;

// Inner product in sixteen interleaved sums, joined pairwise.
FACESDK_HD float lane_dot(const float* a, const float* b, int64_t count) {
  float lanes[kDotLanes] = {};
  const int64_t whole = count - count % kDotLanes;
  for (int64_t i = 0; i < whole; i += kDotLanes) {
    for (int k = 0; k < kDotLanes; ++k) lanes[k] += a[i + k] * b[i + k];
  }
  for (int64_t i = whole; i < count; ++i) lanes[i - whole] += a[i] * b[i];
  for (int width = kDotLanes / 2; width > 0; width /= 2) {
    for (int k = 0; k < width; ++k) lanes[k] += lanes[k + width];
  }
  return lanes[0];
}

}  // namespace facesdk
