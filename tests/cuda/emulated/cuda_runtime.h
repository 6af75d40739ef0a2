// CUDA's words for a host compiler: kernels are functions, a launch runs the emulated grid (simt.h).
#pragma once

#include <cuda_runtime_api.h>

#include "emulated/simt.h"

#define __global__
#define __device__
#define __host__
// All shared variables lie in one section, which is poisoned before each block.
#define __shared__ static __attribute__((section("simt_shared")))

#define threadIdx (simt::here().thread)
#define blockIdx (simt::here().block)
#define blockDim (simt::here().block_size)
#define gridDim (simt::here().grid_size)

using simt::atomicAdd;
using simt::atomicMax;
using simt::atomicMin;
inline void __syncthreads() { simt::barrier(); }
