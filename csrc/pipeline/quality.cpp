#include "pipeline/quality.h"

#include <algorithm>
#include <cmath>

#include "ops/sharpness/sharpness.h"

namespace facesdk {

const char* const kQualityReasonNames[kQualityReasons] = {
    "small", "blurred",      "extreme yaw", "cut by the border", "low detector score", "uncertain landmarks",
    "dark",  "over-exposed", "occluded"};

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
constexpr Ramp kSharpness{0.008, 0.035};  // in the least sharp direction
constexpr Ramp kYawDeg{110.0, 60.0};      // beyond 60 degrees one eye is hidden and its side is inferred
constexpr Ramp kOutside{0.5, 0.0};        // share of the landmarks' box that lies out of the picture
constexpr Ramp kScore{0.2, 0.7};
constexpr Ramp kLandmarkError{0.0475, 0.0205};  // 95 of 100 training faces have less than 0.026
constexpr Ramp kBrightness{0.01, 0.06};         // mean
constexpr Ramp kSaturated{0.6, 0.15};           // share of the pixels at the upper end
constexpr Ramp kOccludedShare{0.95, 0.15};      // a medical mask covers some 0.4
constexpr float kWhite = 0.97f;

struct Exposure {
  double brightness, saturated;
};

// Of the middle of the crop, a fifth left out on every side: the face.
Exposure measure_exposure(const float* gray, int32_t size) {
  const int32_t margin = size / 5, inner = size - 2 * margin;
  double sum = 0.0;
  int white = 0;
  for (int32_t y = margin; y < margin + inner; ++y) {
    for (int32_t x = margin; x < margin + inner; ++x) {
      const float value = gray[y * size + x];
      sum += value;
      white += value >= kWhite;
    }
  }
  const double count = static_cast<double>(inner) * inner;
  return {sum / count, white / count};
}

}  // namespace

Quality assess_quality(const QualityInput& in) {
  double low[2] = {in.landmarks_px[0], in.landmarks_px[1]}, high[2] = {low[0], low[1]};
  for (int i = 0; i < 2 * kLandmarks; ++i) {
    low[i & 1] = std::min<double>(low[i & 1], in.landmarks_px[i]);
    high[i & 1] = std::max<double>(high[i & 1], in.landmarks_px[i]);
  }
  const double last[2] = {static_cast<double>(in.width) - 0.5, static_cast<double>(in.height) - 0.5};
  double area = 1.0, inside = 1.0;
  for (int axis = 0; axis < 2; ++axis) {
    area *= high[axis] - low[axis];
    inside *= std::max(0.0, std::min(high[axis], last[axis]) - std::max(low[axis], -0.5));
  }
  const Exposure exposure = measure_exposure(in.gray, in.size);
  const double factors[kQualityReasons] = {kSmallPx.at(std::sqrt(area)),
                                           kSharpness.at(sharpness_cpu({in.gray, in.size})),
                                           kYawDeg.at(std::fabs(in.yaw_deg)),
                                           kOutside.at(1.0 - inside / std::max(area, 1e-6)),
                                           kScore.at(in.score),
                                           kLandmarkError.at(in.landmark_error),
                                           kBrightness.at(exposure.brightness),
                                           kSaturated.at(exposure.saturated),
                                           kOccludedShare.at(in.occluded_share)};
  Quality quality{1.0, 0};
  for (int i = 0; i < kQualityReasons; ++i) {
    quality.score *= factors[i];
    if (factors[i] < kReasonBelow) quality.reasons |= 1u << i;
  }
  return quality;
}

}  // namespace facesdk
