// A turned rectangle of a gray picture, resampled, without its brightness and contrast.
#pragma once

#include <cstdint>

namespace facesdk {

struct PatchParams {
  const float* gray;     // (S, S)
  int64_t size;          // S, at least 2
  double center[2];      // px, pixel centres at integers
  double right[2];       // from the centre to the middle of the right side, px; down is a quarter turn of it
  bool mirrored;         // then down is the other quarter turn
  int32_t across, down;  // samples, from side to side; at least 2
  float flat;            // contrast that is not amplified
  float* out;            // (down, across)
};

// Bilinear, what is beyond the picture is its border; then less the mean, over the deviation and `flat`.
void patch_cpu(const PatchParams& p);

}  // namespace facesdk
