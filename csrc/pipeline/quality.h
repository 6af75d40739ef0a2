// Quality: how far a reconstruction can be trusted, from what is known without the truth.
#pragma once

#include <cstdint>

#include "pipeline/observation.h"

namespace facesdk {

// Reasons, as bits; their names in the order of the bits.
enum QualityReason : uint32_t {
  kSmall = 1,
  kBlurred = 2,
  kExtremeYaw = 4,
  kCutByBorder = 8,
  kLowDetectorScore = 16,
  kUncertainLandmarks = 32,
  kDark = 64,
  kOverExposed = 128,
  kOccluded = 256
};
constexpr int kQualityReasons = 9;
extern const char* const kQualityReasonNames[kQualityReasons];

struct Quality {
  double score;      // 0..1, product of the factors
  uint32_t reasons;  // factors below 0.7
};

struct QualityInput {
  const float* gray;          // (S, S) the face's crop, 0..1
  int32_t size;               // S
  const float* landmarks_px;  // (68, 2) in a picture height x width
  double yaw_deg;
  double score;           // of the detector, 0..1
  double landmark_error;  // of FaceObservation
  double occluded_share;  // of the face's outline, 0..1; 0 where it is not measured
  int64_t height, width;
};

Quality assess_quality(const QualityInput& input);

}  // namespace facesdk
