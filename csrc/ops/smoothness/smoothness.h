// Smoothness of a mesh (paper 1, equation 16): mean over the vertices of |v_i - mean of its neighbours|^2,
// and its gradient.
#pragma once

#include <cstdint>

#include "common/workspace.h"

namespace facesdk {

struct SmoothnessParams {
  const float* verts;      // (V, 3) mm, any frame
  const int32_t* adj_ptr;  // (V + 1,) first neighbour of each vertex, rising from 0
  const int32_t* adj_idx;  // (N,) neighbours, 0 <= idx < V; symmetric: j in Adj_i if and only if i in Adj_j
  int64_t num_verts;       // V
  double* value;           // one number, mm^2
  float* gradient;         // (V, 3) d value / d verts, mm
  int threads;
};

void smoothness_cpu(const SmoothnessParams& p, Workspace& workspace);

}  // namespace facesdk
