#include "cuda/launch.h"
#include "ops/shade/shade_cuda.h"
#include "ops/shade/shade_math.h"

namespace facesdk {
namespace {

__global__ void shade(ShadeParams p) {
  const int64_t v = thread_number(), face = face_number();
  if (v >= p.num_verts) return;
  const int64_t at = 3 * (face * p.num_verts + v);
  const float *n = p.normals + at, *sh = p.sh + 27 * face;
  shade_block<1>(sh, n, n + 1, n + 2, p.albedo + at, p.out + at, 1);
}

}  // namespace

cudaError_t shade_cuda(const ShadeParams& p, int64_t faces, cudaStream_t stream) {
  return launch(shade, p.num_verts, faces, stream, p);
}

}  // namespace facesdk
