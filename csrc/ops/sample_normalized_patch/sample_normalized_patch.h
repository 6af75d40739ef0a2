// Sample a rotated rectangle of a gray picture bilinearly and normalise it: (v - mean) / (deviation +
// epsilon).
#pragma once

#include <cstdint>

namespace facesdk {

struct SampleNormalizedPatchParams {
  const float* gray;  // (S, S)
  int64_t size;       // S, at least 2
  double center[2];   // px, pixel centres at integers
  double right[2];  // from the centre to the middle of the right side, px; down is this rotated by 90 degrees
  bool mirrored;    // then down is rotated by -90 degrees
  int32_t across, down;    // samples, from side to side; at least 2
  float contrast_epsilon;  // added to the standard deviation
  float* out;              // (down, across)
};

// Beyond the picture its border is repeated.
void sample_normalized_patch_cpu(const SampleNormalizedPatchParams& p);

}  // namespace facesdk
