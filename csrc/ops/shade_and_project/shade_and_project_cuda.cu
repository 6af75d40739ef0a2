#include "cuda/launch.h"
#include "ops/normals/gather_normals.h"
#include "ops/shade/shade_math.h"
#include "ops/shade_and_project/shade_and_project_cuda.h"
#include "ops/shade_and_project/shade_and_project_math.h"

namespace facesdk {
namespace {

__global__ void shade_and_project(ShadeAndProjectParams p, DeviceVertexGroups groups) {
  const int64_t v = thread_number(), face = face_number();
  if (v >= p.num_verts) return;
  const int64_t first = 3 * face * p.num_verts, at = first + 3 * v;
  const float *r = p.rotation + 9 * face, *x = p.verts + at;
  project_vertex(r, p.shift + 3 * face, p.intrinsics + 9 * face, x[0], x[1], x[2], p.points + at);
  float sum[4], n[3];
  store4(sum, gather_normal(p.verts + first, p.triangles, p.num_triangles, p.num_verts, groups, v));
  rotate_normal(r, sum[1], sum[2], sum[0], n);
  shade_block<1>(p.sh + 27 * face, n, n + 1, n + 2, p.albedo + at, p.colors + at, 1);
}

}  // namespace

cudaError_t shade_and_project_cuda(const ShadeAndProjectParams& p, const DeviceVertexGroups& groups,
                                   int64_t faces, cudaStream_t stream) {
  return launch(shade_and_project, p.num_verts, faces, stream, p, groups);
}

}  // namespace facesdk
