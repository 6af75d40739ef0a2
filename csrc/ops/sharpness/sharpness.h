// Sharpness of the middle of a gray square in the direction in which it is least sharp: mean absolute second
// difference along a row, a column or a diagonal, over twice the standard deviation. Motion blurs one
// direction and leaves the others as they are.
#pragma once

#include <cstdint>

namespace facesdk {

struct SharpnessParams {
  const float* gray;  // (S, S) 0..1
  int64_t size;       // S px
};

// About 0.065 for a sharp crop of a face; 0 where the contrast (standard deviation) is below 0.001, and for
// squares too small to have an inside.
double sharpness_cpu(const SharpnessParams& p);

}  // namespace facesdk
