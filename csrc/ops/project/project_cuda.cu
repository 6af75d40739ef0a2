#include "cuda/launch.h"
#include "ops/project/project_cuda.h"
#include "ops/project/project_math.h"

namespace facesdk {
namespace {

__global__ void transform(TransformParams p) {
  const int64_t v = thread_number(), face = face_number();
  if (v >= p.num_verts) return;
  const int64_t at = 3 * (face * p.num_verts + v);
  const float* x = p.verts + at;
  transform_point(p.rotation + 9 * face, p.shift + 3 * face, x[0], x[1], x[2], p.out + at);
}

__global__ void project(ProjectParams p) {
  const int64_t v = thread_number(), face = face_number();
  if (v >= p.num_verts) return;
  const int64_t at = 3 * (face * p.num_verts + v);
  const float* x = p.verts + at;
  project_point(p.intrinsics + 9 * face, x[0], x[1], x[2], p.out + at);
}

__global__ void unproject(ProjectParams p) {
  const int64_t v = thread_number(), face = face_number();
  if (v >= p.num_verts) return;
  const int64_t at = 3 * (face * p.num_verts + v);
  const float* x = p.verts + at;
  unproject_point(p.intrinsics + 9 * face, x[0], x[1], x[2], p.out + at);
}

}  // namespace

cudaError_t transform_cuda(const TransformParams& p, int64_t faces, cudaStream_t stream) {
  return launch(transform, p.num_verts, faces, stream, p);
}

cudaError_t project_cuda(const ProjectParams& p, int64_t faces, cudaStream_t stream) {
  return launch(project, p.num_verts, faces, stream, p);
}

cudaError_t unproject_cuda(const ProjectParams& p, int64_t faces, cudaStream_t stream) {
  return launch(unproject, p.num_verts, faces, stream, p);
}

}  // namespace facesdk
