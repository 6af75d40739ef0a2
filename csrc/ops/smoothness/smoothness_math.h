// One vertex of the umbrella operator and of its adjoint.
#pragma once

#include <cstdint>

#include "common/host_device.h"

namespace facesdk {

// (1 / d) * sum over the neighbours of (v - v_j); zero for a vertex without neighbours.
FACESDK_HD void umbrella(const float* verts, const int32_t* adj, int32_t degree, const float* v, float* out) {
  out[0] = out[1] = out[2] = 0.0f;
  if (degree == 0) return;
  for (int32_t n = 0; n < degree; ++n) {
    const float* w = verts + 3 * static_cast<int64_t>(adj[n]);
    out[0] += v[0] - w[0];
    out[1] += v[1] - w[1];
    out[2] += v[2] - w[2];
  }
  const float inverse = 1.0f / static_cast<float>(degree);
  out[0] *= inverse;
  out[1] *= inverse;
  out[2] *= inverse;
}

}  // namespace facesdk
