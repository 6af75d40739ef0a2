#include <algorithm>

#include "ops/normals/normals_math.h"
#include "ops/normals/vertex_groups.h"

namespace facesdk {
namespace {

// Calls each(group's first triangle, vertex) once for every vertex of every group, group by group.
template <typename Each>
void for_groups(const int32_t* triangles, int64_t num_triangles, int64_t num_verts, const Each& each) {
  for (int64_t t = 0; t < num_triangles;) {
    const int group = group_size(triangles + 3 * t, num_triangles - t, num_verts);
    const int32_t *begin = triangles + 3 * t, *end = begin + 3 * group;
    for (const int32_t* at = begin; at != end; ++at) {
      if (std::find(begin, at, *at) == at) each(t, *at);
    }
    t += group;
  }
}

}  // namespace

bool find_vertex_groups(const int32_t* triangles, int64_t num_triangles, int64_t num_verts,
                        VertexGroups* out) {
  for (int64_t i = 0; i < 3 * num_triangles; ++i) {
    if (triangles[i] < 0 || triangles[i] >= num_verts) return false;
  }
  out->ptr.assign(static_cast<size_t>(num_verts) + 1, 0);
  for_groups(triangles, num_triangles, num_verts,
             [&](int64_t, int32_t v) { ++out->ptr[static_cast<size_t>(v) + 1]; });
  for (size_t v = 1; v < out->ptr.size(); ++v) out->ptr[v] += out->ptr[v - 1];
  out->first.resize(static_cast<size_t>(out->ptr.back()));
  std::vector<int32_t> next = out->ptr;
  for_groups(triangles, num_triangles, num_verts, [&](int64_t t, int32_t v) {
    out->first[static_cast<size_t>(next[static_cast<size_t>(v)]++)] = static_cast<int32_t>(t);
  });
  return true;
}

}  // namespace facesdk
