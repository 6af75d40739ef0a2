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

// Sums of squares are taken per block of this many vertices and the blocks then in order: the cut into
// threads never changes the order of additions.
constexpr int64_t kSmoothnessBlock = 1024;

FACESDK_HD double squared(float v) { return static_cast<double>(v) * v; }

// Gradient at vertex i from the umbrella of all; scale: 2 / V. The neighbour list is symmetric, so the
// vertices that see i are the ones that i sees.
FACESDK_HD void umbrella_adjoint(const float* delta, const int32_t* adj_ptr, const int32_t* adj_idx,
                                 int64_t i, float scale, float* out) {
  float sum[3] = {delta[3 * i], delta[3 * i + 1], delta[3 * i + 2]};
  for (int32_t n = adj_ptr[i]; n < adj_ptr[i + 1]; ++n) {
    const int64_t j = adj_idx[n];
    const float weight = 1.0f / static_cast<float>(adj_ptr[j + 1] - adj_ptr[j]);
    for (int axis = 0; axis < 3; ++axis) sum[axis] -= delta[3 * j + axis] * weight;
  }
  for (int axis = 0; axis < 3; ++axis) out[axis] = sum[axis] * scale;
}

}  // namespace facesdk
