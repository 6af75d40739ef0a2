// Vertex normals: the sum of the cross products of the triangles around a vertex (each as long as twice the
// triangle's area, hence area weighted), made unit length.
#pragma once

#include <cstdint>

#include "common/workspace.h"

namespace facesdk {

struct NormalsParams {
  const float* verts;        // (V, 3) mm, any frame
  const int32_t* triangles;  // (T, 3) counter-clockwise seen from outside
  int64_t num_verts;         // V
  int64_t num_triangles;     // T
  float* out;                // (V, 3) unit length, same frame, pointing outside; 0 where no triangle
  int threads;
};

// False, with an output that is undefined, where an index is not in 0 .. V - 1.
bool normals_cpu(const NormalsParams& p, Workspace& workspace);

// The sums alone, of each vertex as (z, x, y, 0); p.out is not used.
bool sum_normals(const NormalsParams& p, float* sums);

}  // namespace facesdk
