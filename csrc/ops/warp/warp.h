// Affine warp of a picture into the square input of a network: bilinear, 0 outside. To avoid aliasing, a crop
// that is coarser than the picture samples the picture reduced by an integer factor: means of factor x factor
// pixels, counted from the picture's corner, rounded to bytes.
#pragma once

#include <cstdint>

#include "common/workspace.h"

namespace facesdk {

struct WarpParams {
  const uint8_t* image;  // (H, W, 3) RGB
  int64_t height;        // H px
  int64_t width;         // W px
  double inverse[6];     // (2, 3) crop px -> picture px; pixel centres are whole numbers on both sides
  int64_t size;          // S px, side of the crop
  int32_t factor;        // from warp_factor
  float* planes;         // (3, S, S) RGB 0..1, or null
  uint8_t* pixels;       // S rows of S pixels, RGB, or null
  int64_t row_bytes;     // of pixels
  int32_t pixel_bytes;   // of pixels: 3, or 4 of which the last is padding
  int threads;
};

void warp_cpu(const WarpParams& p, Workspace& workspace);

// Gives the workspace the memory that crops of `size` px need in a picture of this width, whatever their
// scale, for one thread.
void reserve_warp(int64_t size, int64_t width, Workspace& workspace);

}  // namespace facesdk
