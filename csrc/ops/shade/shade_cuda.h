// Shading of many faces on the device, to the bit as on the CPU.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/shade/shade.h"

namespace facesdk {

// All pointers are to device memory: albedo, normals and out (F, V, 3), sh (F, 9, 3). Nothing is allocated
// and nothing waited for.
cudaError_t shade_cuda(const ShadeParams& p, int64_t faces, cudaStream_t stream);

}  // namespace facesdk
