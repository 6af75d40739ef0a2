#include "cuda/launch.h"
#include "ops/normals/gather_normals.h"
#include "ops/normals/normals_cuda.h"

namespace facesdk {
namespace {

__global__ void normals(NormalsParams p, DeviceVertexGroups groups) {
  const int64_t v = thread_number(), face = face_number();
  if (v >= p.num_verts) return;
  float sum[4];
  store4(sum, gather_normal(p.verts + 3 * face * p.num_verts, p.triangles, p.num_triangles, p.num_verts,
                            groups, v));
  unit_normal(sum[0], sum[1], sum[2], p.out + 3 * (face * p.num_verts + v));
}

}  // namespace

cudaError_t normals_cuda(const NormalsParams& p, const DeviceVertexGroups& groups, int64_t faces,
                         cudaStream_t stream) {
  return launch(normals, p.num_verts, faces, stream, p, groups);
}

}  // namespace facesdk
