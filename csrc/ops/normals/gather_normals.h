// The sum of the triangles' normals around one vertex, gathered by a thread of the device.
#pragma once

#include "ops/normals/normals_cuda.h"
#include "ops/normals/normals_math.h"

namespace facesdk {

// (z, x, y) of vertex v of one face; verts (V, 3) are that face's.
__device__ inline Float4 gather_normal(const float* verts, const int32_t* triangles, int64_t num_triangles,
                                       int64_t num_verts, const DeviceVertexGroups& groups, int64_t v) {
  const auto point = [verts](int32_t at) { return load3(verts + 3 * static_cast<int64_t>(at)); };
  return sum_around(static_cast<int32_t>(v), groups.first + groups.ptr[v], groups.first + groups.ptr[v + 1],
                    triangles, num_triangles, num_verts, point);
}

}  // namespace facesdk
