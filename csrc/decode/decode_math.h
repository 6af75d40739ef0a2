// One step of the blend and one row of the subdivision matrix.
#pragma once

#include "common/hd.h"

namespace facesdk {

FACESDK_HD float blend_step(float sum, float coefficient, float basis) { return sum + coefficient * basis; }

FACESDK_HD void subdivide_step(float* sum, float weight, const float* control) {
  sum[0] += weight * control[0];
  sum[1] += weight * control[1];
  sum[2] += weight * control[2];
}

}  // namespace facesdk
