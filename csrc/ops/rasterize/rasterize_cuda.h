// Rasterizer of many faces of one mesh on the device, to the bit as on the CPU: a thread for each triangle,
// nearest fragments by an atomic minimum, then a thread for each pixel.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/rasterize/rasterize.h"
#include "ops/rasterize/rasterize_math.h"

namespace facesdk {

// Working memory on the device; what it holds is undefined.
struct RasterizeMemory {
  FixedPoint* fixed;         // (F, V)
  float* inverse;            // (F, V)
  unsigned long long* keys;  // (F, H, W)
  int* bad_index;  // (1,) becomes 1 where an index is not in 0 .. V - 1, else 0; such triangles are left out
};

// All pointers are to device memory: points and colors (F, V, 3), triangles (T, 3), outputs as on the CPU
// with F before them. Nothing is allocated and nothing waited for.
cudaError_t rasterize_cuda(const RasterizeParams& p, const RasterizeMemory& memory, int64_t faces,
                           cudaStream_t stream);

}  // namespace facesdk
