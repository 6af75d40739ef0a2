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
  kLowDetectorScore = 16
};
constexpr int kQualityReasons = 5;
extern const char* const kQualityReasonNames[kQualityReasons];

struct Quality {
  double score;      // 0..1, product of the factors
  uint32_t reasons;  // factors below 0.7
};

// gray: (S, S) the face's crop, 0..1; landmarks_px (68, 2) in a picture height x width.
Quality assess_quality(const float* gray, int32_t size, const float* landmarks_px, double yaw_deg,
                       double detector_score, int64_t height, int64_t width);

}  // namespace facesdk
