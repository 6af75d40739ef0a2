// Launch of a kernel on a stream: threads over the elements of one face, rows of blocks over the faces.
// Compiled by a host compiler, the grid is emulated (tests/cuda).
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/host_device.h"

namespace facesdk {

constexpr int kCudaBlock = 128;           // threads; small blocks fill the last wave of a mesh better
constexpr int64_t kMostFaces = 65535;     // of a launch: the grid's limit in y
constexpr int64_t kMostBlocks = 1 << 20;  // in x; 128 million elements

// Number of this thread among those of its face.
__device__ inline int64_t thread_number() {
  return blockIdx.x * static_cast<int64_t>(blockDim.x) + threadIdx.x;
}

__device__ inline int64_t face_number() { return blockIdx.y; }

// Runs `kernel` for `blocks` blocks of `threads` threads of each face. Returns at once.
template <typename... Params, typename... Args>
cudaError_t launch_blocks(void (*kernel)(Params...), int64_t blocks, int threads, int64_t faces,
                          cudaStream_t stream, const Args&... args) {
  if (blocks <= 0 || faces <= 0) return cudaSuccess;
  if (blocks > kMostBlocks || faces > kMostFaces) return cudaErrorInvalidConfiguration;
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(faces));
#if defined(__CUDACC__)
  kernel<<<grid, static_cast<unsigned>(threads), 0, stream>>>(args...);
#else
  (void)stream;
  simt::launch(kernel, grid, dim3(static_cast<unsigned>(threads)), args...);
#endif
  return cudaGetLastError();
}

// The same for one thread of each of `elements` elements.
template <typename... Params, typename... Args>
cudaError_t launch(void (*kernel)(Params...), int64_t elements, int64_t faces, cudaStream_t stream,
                   const Args&... args) {
  return launch_blocks(kernel, (elements + kCudaBlock - 1) / kCudaBlock, kCudaBlock, faces, stream, args...);
}

}  // namespace facesdk
