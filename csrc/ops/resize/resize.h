// Downscale a picture into the input of a network: box filter over 2^k x 2^k pixels, then bilinear; the rest
// of the input is filled with black.
#pragma once

#include <cstdint>

#include "common/workspace.h"

namespace facesdk {

struct ResizeParams {
  const uint8_t* image;   // (H, W, 3)
  int64_t height, width;  // H, W px
  int32_t halvings;  // k, 0..8: cells of 2^k x 2^k px; each side has at least one, a remainder is cut off
  int64_t rows, columns;          // of the downscaled picture, px
  uint8_t* out;                   // rows of pixels of four bytes, the last of which is 0
  int64_t row_bytes;              // of out
  int64_t out_height, out_width;  // of out, px, at least rows and columns
};

void resize_cpu(const ResizeParams& p, Workspace& workspace);

}  // namespace facesdk
