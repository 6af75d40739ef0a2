#include "cuda/launch.h"
#include "ops/smoothness/smoothness_cuda.h"
#include "ops/smoothness/smoothness_math.h"

namespace facesdk {
namespace {

constexpr int kSquares = 3 * static_cast<int>(kSmoothnessBlock);

__global__ void umbrellas(SmoothnessParams p, SmoothnessMemory m) {
  const int64_t v = thread_number(), first = face_number() * p.num_verts;
  if (v >= p.num_verts) return;
  const float* verts = p.verts + 3 * first;
  umbrella(verts, p.adj_idx + p.adj_ptr[v], p.adj_ptr[v + 1] - p.adj_ptr[v], verts + 3 * v,
           m.delta + 3 * (first + v));
}

// The order of the sum is the CPU's: all threads fetch, one adds.
__global__ void sum_squares(SmoothnessParams p, SmoothnessMemory m) {
  __shared__ float numbers[kSquares];
  const int64_t face = face_number(), first = blockIdx.x * kSmoothnessBlock;
  const int64_t left = p.num_verts - first;
  const int count = 3 * static_cast<int>(left < kSmoothnessBlock ? left : kSmoothnessBlock);
  const float* delta = m.delta + 3 * (face * p.num_verts + first);
  for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x))
    numbers[i] = delta[i];
  __syncthreads();
  if (threadIdx.x != 0) return;
  double sum = 0.0;
  for (int i = 0; i < count; ++i) sum += squared(numbers[i]);
  m.sums[face * gridDim.x + blockIdx.x] = sum;
}

__global__ void add_sums(SmoothnessParams p, SmoothnessMemory m, int64_t blocks, int64_t faces) {
  const int64_t face = thread_number();
  if (face >= faces) return;
  double total = 0.0;
  for (int64_t block = 0; block < blocks; ++block) total += m.sums[face * blocks + block];
  p.value[face] = p.num_verts > 0 ? total / static_cast<double>(p.num_verts) : 0.0;
}

__global__ void gradients(SmoothnessParams p, SmoothnessMemory m) {
  const int64_t v = thread_number(), first = 3 * face_number() * p.num_verts;
  if (v >= p.num_verts) return;
  umbrella_adjoint(m.delta + first, p.adj_ptr, p.adj_idx, v, 2.0f / static_cast<float>(p.num_verts),
                   p.gradient + first + 3 * v);
}

}  // namespace

int64_t smoothness_blocks(int64_t num_verts) { return (num_verts + kSmoothnessBlock - 1) / kSmoothnessBlock; }

cudaError_t smoothness_cuda(const SmoothnessParams& p, const SmoothnessMemory& m, int64_t faces,
                            cudaStream_t stream) {
  const int64_t blocks = smoothness_blocks(p.num_verts);
  cudaError_t error = launch(umbrellas, p.num_verts, faces, stream, p, m);
  if (error != cudaSuccess) return error;
  error = launch_blocks(sum_squares, blocks, kCudaBlock, faces, stream, p, m);
  if (error != cudaSuccess) return error;
  error = launch(add_sums, faces, 1, stream, p, m, blocks, faces);
  if (error != cudaSuccess) return error;
  return launch(gradients, p.num_verts, faces, stream, p, m);
}

}  // namespace facesdk
