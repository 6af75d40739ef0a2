// The normal of one triangle and the last step of one vertex.
#pragma once

#include <cmath>

#include "common/float4.h"
#include "common/host_device.h"

namespace facesdk {

// u x v as (z, x, y): a turn less than in the usual order.
FACESDK_HD Float4 cross_zxy(Float4 u, Float4 v) { return u * turned3(v) - turned3(u) * v; }

// What makes a vector of this squared length a unit vector. A vertex without area has no direction: it gets
// the zero vector, not NaN.
FACESDK_HD float unit_scale(float squared) {
  const float length = std::sqrt(squared), scale = 1.0f / length;
  return length > 0.0f ? scale : 0.0f;
}

}  // namespace facesdk
