// Where a pixel of the smaller picture comes from, and the arithmetic of means in whole numbers.
#pragma once

#include <cmath>
#include <cstdint>

#include "common/host_device.h"

namespace facesdk {

constexpr int kCellBits = 6;           // a mean of a cell counts 1/64
constexpr int kMostHalvingsExact = 4;  // sums of 256 bytes fit 16 bits; beyond it they are halved on the way

// The cell before a pixel and the share of the next one, of 32768.
struct Tap {
  int32_t cell;
  int16_t share;
};

// Pixel centres are half way: (i + 0.5) * cells / pixels - 0.5, within the first and the last cell's.
FACESDK_HD Tap tap_of(int64_t i, int64_t pixels, int64_t cells) {
  const double at =
      (static_cast<double>(i) + 0.5) * static_cast<double>(cells) / static_cast<double>(pixels) - 0.5;
  const double last = static_cast<double>(cells - 1), inside = at < 0.0 ? 0.0 : (at > last ? last : at);
  const double before = std::floor(inside), share = (inside - before) * 32768.0 + 0.5;
  return {static_cast<int32_t>(before), static_cast<int16_t>(share > 32767.0 ? 32767.0 : share)};
}

// a + share * (b - a), rounded down; a and b from 0 to 255 * 64, so that twice their difference fits 16 bits:
// the upper half of such a product is one instruction.
FACESDK_HD int16_t toward(int16_t a, int16_t b, int16_t share) {
  const int16_t twice = static_cast<int16_t>(2 * (b - a));
  return static_cast<int16_t>(a + static_cast<int16_t>((static_cast<int32_t>(twice) * share) >> 16));
}

FACESDK_HD uint8_t byte_of(int16_t v) {
  return static_cast<uint8_t>((v + (1 << (kCellBits - 1))) >> kCellBits);
}

}  // namespace facesdk
