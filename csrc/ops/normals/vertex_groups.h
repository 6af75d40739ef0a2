// The groups of triangles (normals_math.h) that each vertex belongs to, so that a thread can gather the
// normal of one vertex in the order in which the CPU sums it.
#pragma once

#include <cstdint>
#include <vector>

namespace facesdk {

struct VertexGroups {
  std::vector<int32_t> ptr;    // (V + 1,) first entry of each vertex, rising from 0
  std::vector<int32_t> first;  // (N,) first triangle of each group, rising for each vertex
};

// False where an index of triangles (T, 3) is not in 0 .. V - 1.
bool find_vertex_groups(const int32_t* triangles, int64_t num_triangles, int64_t num_verts,
                        VertexGroups* out);

}  // namespace facesdk
