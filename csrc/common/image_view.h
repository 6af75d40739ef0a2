// A picture in memory that somebody else owns.
#pragma once

#include <cstdint>

namespace facesdk {

// RGB, 8 bits, 3 bytes a pixel, rows without gaps; the centre of the first pixel is (0, 0).
struct ImageView {
  const uint8_t* pixels;
  int64_t height, width;
};

// Pixels to be filled: 4 bytes each, of which the last is not used.
struct PixelBuffer {
  uint8_t* pixels;
  int64_t row_bytes;
  int32_t height, width;
};

}  // namespace facesdk
