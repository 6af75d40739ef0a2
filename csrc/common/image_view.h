// A picture in memory that somebody else owns.
#pragma once

#include <cstdint>

namespace facesdk {

// RGB, 8 bits, 3 bytes a pixel; the centre of the first pixel is (0, 0).
struct ImageView {
  const uint8_t* pixels;
  int64_t height, width;
  int64_t row_bytes;  // from one row to the next
};

// Pixels to be filled: 4 bytes each, of which the last is not used.
struct PixelBuffer {
  uint8_t* pixels;
  int64_t row_bytes;
  int32_t height, width;
};

}  // namespace facesdk
