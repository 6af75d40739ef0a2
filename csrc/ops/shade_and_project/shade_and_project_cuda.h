// From meshes in the face frame to the rasterizer's input, for many faces on the device, to the bit as on the
// CPU.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/normals/normals_cuda.h"
#include "ops/shade_and_project/shade_and_project.h"

namespace facesdk {

// All pointers are to device memory: verts, albedo, points and colors (F, V, 3), rotation and intrinsics (F,
// 3, 3), shift (F, 3), sh (F, 9, 3), triangles (T, 3) of the groups. Nothing is allocated and nothing waited
// for.
cudaError_t shade_and_project_cuda(const ShadeAndProjectParams& p, const DeviceVertexGroups& groups,
                                   int64_t faces, cudaStream_t stream);

}  // namespace facesdk
