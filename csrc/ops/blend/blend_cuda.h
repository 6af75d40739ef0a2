// The occlusion stage's blends on the device, to the bit as on the CPU (pipeline/completion.h,
// pipeline/drawn_completion.h). All pointers are to device memory; nothing is allocated and nothing waited
// for.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace facesdk {

struct PaintParams {
  const uint8_t* rgb;    // (F, S, S, 3) generated pictures
  const uint8_t* share;  // (F, S, S) 1 where they are generated, else 0
  const float* matrix;   // (F, 2, 3) px of the picture -> px of the crop
  int32_t side;          // S px
  uint8_t* pixels;       // (H, W) of `pixel_bytes`, changed in place
  int64_t row_bytes;
  int32_t pixel_bytes;    // 3, or 4 with alpha in the last, which becomes 255 where it is painted
  int32_t red, blue;      // their places in a pixel; green is at 1
  int32_t height, width;  // px
  uint8_t* generated;  // (H, W) receives 1 where the picture is painted, other values stay; null: not wanted
};

// Paints the completions of all faces over the picture, in their order.
cudaError_t paint_cuda(const PaintParams& p, int32_t faces, cudaStream_t stream);

struct DrawnBlendParams {
  const uint8_t* crop;     // (F, S, S, 4) RGB of the photo
  const uint8_t* mask;     // (F, S, S) 1 where covered
  const uint8_t* outline;  // (F, cells, cells) 1 where the face is
  const float* color;      // (F, S, S, 3) of the drawn face
  const float* depth;      // (F, S, S) mm, 0 where nothing is drawn
  int32_t side, cells;     // S px
  uint8_t* rgb;            // (F, S, S, 3)
  uint8_t* generated;      // (F, S, S)
};

// Working memory on the device; what it holds is undefined.
struct DrawnBlendMemory {
  int* totals;    // (F, 4) sums of the differences of RGB, and the number of pixels
  double* sums;   // (F, 4, S, S) differences and their number, smoothed
  double* lines;  // (F, 4, S, S)
};

// The drawn face where it is covered, its colours moved by the smoothed difference of photo and drawing.
cudaError_t blend_drawn_cuda(const DrawnBlendParams& p, const DrawnBlendMemory& memory, int64_t faces,
                             cudaStream_t stream);

}  // namespace facesdk
