// A picture made smaller, straight into the input of a network: halved by means of whole pixels as often as
// asked, then bilinear; what the input has beyond it becomes black.
#pragma once

#include <cstdint>

namespace facesdk {

struct ShrinkParams {
  const uint8_t* image;   // (H, W, 3)
  int64_t height, width;  // H, W px
  int32_t halvings;  // k: cells of 2^k x 2^k px; both sides have one at least, what is left over is cut off
  int64_t rows, columns;          // of the smaller picture, px
  uint8_t* out;                   // rows of pixels of four bytes, the last of which is 0
  int64_t row_bytes;              // of out
  int64_t out_height, out_width;  // of out, px, at least rows and columns
};

void shrink_cpu(const ShrinkParams& p);

}  // namespace facesdk
