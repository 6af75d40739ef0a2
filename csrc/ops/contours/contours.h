// Contours of a gray picture: Canny's detector (1986) on a picture smoothed by a Gaussian of 1.8 px.
#pragma once

#include <cstdint>

#include "common/workspace.h"

namespace facesdk {

struct ContoursParams {
  const uint8_t* gray;    // (H, W)
  int32_t height, width;  // H, W px, 1 to 32768
  uint8_t* out;           // (H, W) 1 on a contour, else 0
};

// All sums are integers: the same bits on every CPU.
void contours_cpu(const ContoursParams& p, Workspace& workspace);

}  // namespace facesdk
