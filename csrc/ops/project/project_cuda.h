// Vertices of many faces through their cameras on the device, to the bit as on the CPU.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/project/project.h"

namespace facesdk {

// All pointers are to device memory: verts and out (F, V, 3), rotation and intrinsics (F, 3, 3), shift (F,
// 3). Nothing is allocated and nothing waited for.
cudaError_t transform_cuda(const TransformParams& p, int64_t faces, cudaStream_t stream);
cudaError_t project_cuda(const ProjectParams& p, int64_t faces, cudaStream_t stream);
cudaError_t unproject_cuda(const ProjectParams& p, int64_t faces, cudaStream_t stream);

}  // namespace facesdk
