// Normals of many faces of one mesh on the device, to the bit as on the CPU.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/normals/normals.h"

namespace facesdk {

// VertexGroups in device memory.
struct DeviceVertexGroups {
  const int32_t* ptr;    // (V + 1,)
  const int32_t* first;  // (N,)
};

// All pointers are to device memory: verts (F, V, 3), triangles (T, 3) of the groups, out (F, V, 3). Nothing
// is allocated and nothing waited for.
cudaError_t normals_cuda(const NormalsParams& p, const DeviceVertexGroups& groups, int64_t faces,
                         cudaStream_t stream);

}  // namespace facesdk
