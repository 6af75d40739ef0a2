#include "pipeline/quality.h"

#include <algorithm>
#include <cmath>

#include "ops/sharpness/sharpness.h"

namespace facesdk {

const char* const kQualityReasonNames[kQualityReasons] = {"small", "blurred", "extreme yaw",
                                                          "cut by the border", "low detector score"};

namespace {

constexpr double kReasonBelow = 0.7;

// Each measure becomes a factor in 0..1 by a ramp between a poor and a good value.
struct Ramp {
  double poor, good;
  double at(double value) const { return std::min(1.0, std::max(0.0, (value - poor) / (good - poor))); }
};

constexpr Ramp kSmallPx{12.0, 48.0};  // sqrt(w * h) of the landmarks' box
// At the network's resolution: blur that it cannot see does not count. A photo blurred by 2 % of the face
// (Gauss) has 0.028, its original over 0.045.
constexpr Ramp kSharpness{0.008, 0.035};
constexpr Ramp kYawDeg{110.0, 60.0};  // beyond 60 degrees one eye is hidden and its side is inferred
constexpr Ramp kOutside{0.5, 0.05};   // share of the landmarks out of the picture
constexpr Ramp kScore{0.2, 0.7};

}  // namespace

Quality assess_quality(const float* gray, int32_t size, const float* landmarks_px, double yaw_deg,
                       double detector_score, int64_t height, int64_t width) {
  double low[2] = {landmarks_px[0], landmarks_px[1]}, high[2] = {landmarks_px[0], landmarks_px[1]};
  const double last[2] = {static_cast<double>(width) - 0.5, static_cast<double>(height) - 0.5};
  int outside = 0;
  for (int i = 0; i < kLandmarks; ++i) {
    bool out = false;
    for (int axis = 0; axis < 2; ++axis) {
      const double v = landmarks_px[2 * i + axis];
      low[axis] = std::min(low[axis], v), high[axis] = std::max(high[axis], v);
      out = out || v < -0.5 || v > last[axis];
    }
    outside += out;
  }
  const double area = std::max(0.0, (high[0] - low[0]) * (high[1] - low[1]));
  const double factors[kQualityReasons] = {
      kSmallPx.at(std::sqrt(area)), kSharpness.at(sharpness_cpu({gray, size})),
      kYawDeg.at(std::fabs(yaw_deg)),
      outside == 0 ? 1.0 : kOutside.at(static_cast<double>(outside) / kLandmarks), kScore.at(detector_score)};
  Quality quality{1.0, 0};
  for (int i = 0; i < kQualityReasons; ++i) {
    quality.score *= factors[i];
    if (factors[i] < kReasonBelow) quality.reasons |= 1u << i;
  }
  return quality;
}

}  // namespace facesdk
