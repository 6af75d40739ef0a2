// Smoothness of many faces of one mesh and its gradient on the device, to the bit as on the CPU.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/smoothness/smoothness.h"

namespace facesdk {

// Working memory on the device; what it holds is undefined.
struct SmoothnessMemory {
  float* delta;  // (F, V, 3)
  double* sums;  // (F, smoothness_blocks(V))
};

int64_t smoothness_blocks(int64_t num_verts);

// All pointers are to device memory: verts and gradient (F, V, 3), value (F,), adjacency of the mesh. Nothing
// is allocated and nothing waited for.
cudaError_t smoothness_cuda(const SmoothnessParams& p, const SmoothnessMemory& memory, int64_t faces,
                            cudaStream_t stream);

}  // namespace facesdk
