// How a picture is resized for the detector: by means of 2^k x 2^k pixels, then bilinearly; the rest is
// black.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace facesdk {

struct Letterbox {
  int64_t rows, columns;  // of the resized picture, px
  int32_t halvings;       // k
  int64_t height, width;  // of the network's input: rows and columns filled up to multiples of 32
  float scale[2];         // px of the input over px of the picture, x and y
};

// For a picture height x width whose long side becomes `side` px; a thumbnail is enlarged at most three
// times.
inline Letterbox letterbox(int64_t height, int64_t width, int64_t side) {
  constexpr double kLargestZoom = 3.0;
  constexpr int32_t kMostHalvings = 8;
  const double zoom =
      std::min(static_cast<double>(side) / static_cast<double>(std::max(height, width)), kLargestZoom);
  // std::nearbyint rounds halves to even, as Python's round does.
  const auto scaled = [zoom](int64_t px) {
    return std::max<int64_t>(1, static_cast<int64_t>(std::nearbyint(static_cast<double>(px) * zoom)));
  };
  Letterbox box{};
  box.rows = scaled(height), box.columns = scaled(width);
  // Bilinear sampling alone skips pixels below one half: powers of two are taken off by means first.
  double left = std::min(static_cast<double>(width) / static_cast<double>(box.columns),
                         static_cast<double>(height) / static_cast<double>(box.rows)) +
                1e-9;
  for (; left >= 2.0 && box.halvings < kMostHalvings; left /= 2.0) ++box.halvings;
  // What is left over, less than a cell, is cut off.
  height = height >> box.halvings << box.halvings, width = width >> box.halvings << box.halvings;
  box.rows = scaled(height), box.columns = scaled(width);
  box.scale[0] = static_cast<float>(static_cast<double>(box.columns) / static_cast<double>(width));
  box.scale[1] = static_cast<float>(static_cast<double>(box.rows) / static_cast<double>(height));
  box.height = (box.rows + 31) / 32 * 32, box.width = (box.columns + 31) / 32 * 32;
  return box;
}

}  // namespace facesdk
