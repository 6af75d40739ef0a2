// Warp of a picture into many crops on the device, to the bit as on the CPU.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/warp/warp.h"
#include "ops/warp/warp_math.h"

namespace facesdk {

// One crop: the map and what of the reduced picture it can touch, worked out on the host.
struct WarpCrop {
  double inverse[6];  // (2, 3) crop px -> cells, counted from the window's first
  int32_t factor;     // px of a cell's side
  CellWindow window;  // cells, [x0, x1) x [y0, y1)
};

// inverse and factor as in WarpParams, picture (height, width).
WarpCrop make_warp_crop(const double* inverse, int32_t factor, int64_t height, int64_t width, int64_t size);

// image, planes (F, 3, S, S) and pixels (F, S, row_bytes) of `p` and crops (F,) are in device memory; the map
// of `p` is not used. Nothing is allocated and nothing waited for.
cudaError_t warp_cuda(const WarpParams& p, const WarpCrop* crops, int64_t faces, cudaStream_t stream);

}  // namespace facesdk
