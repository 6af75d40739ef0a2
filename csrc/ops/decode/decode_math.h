// One step of the blend and one entry of a row of the subdivision matrix.
#pragma once

#include "common/host_device.h"

namespace facesdk {

FACESDK_HD float blend_step(float sum, float coefficient, float basis) { return sum + coefficient * basis; }

// Of one coordinate, or of all of a vertex in a vector.
template <typename Value>
FACESDK_HD Value subdivide_step(Value sum, Value weight, Value control) {
  return sum + weight * control;
}

}  // namespace facesdk
