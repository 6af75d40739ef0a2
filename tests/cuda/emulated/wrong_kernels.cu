#include <cuda_runtime.h>

#include "emulated/wrong_kernels.h"

namespace facesdk::test {
namespace {

int thread() { return static_cast<int>(threadIdx.x); }
int number() { return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); }

}  // namespace

__global__ void read_neighbour(int* out) {
  __shared__ int own[64];
  own[thread()] = thread();
  __syncthreads();
  out[thread()] = own[(thread() + 1) % 64];
}

__global__ void read_neighbour_without_barrier(int* out) {
  __shared__ int own[64];
  own[thread()] = thread();
  out[thread()] = own[(thread() + 1) % 64];
}

__global__ void note_order(int* out) { out[++out[0]] = number(); }

__global__ void leave_before_barrier(int* out) {
  if (thread() == 5) return;
  __syncthreads();
  out[thread()] = 1;
}

__global__ void count_threads(int* out) { atomicAdd(out, 1); }
__global__ void count_threads_without_atomic(int* out) { *out = *out + 1; }

__global__ void read_unwritten_shared(int* out) {
  __shared__ int values[64];
  out[number()] = values[thread()];
  values[thread()] = 0;
}

__global__ void write_one_too_far(int* out) { out[thread() + 1] = 0; }
__global__ void read_one_too_far(int* out) { out[thread()] = out[thread() + 1]; }

}  // namespace facesdk::test
