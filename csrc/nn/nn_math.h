// From a sum of products to a byte, and an exponential that gives the same bits everywhere.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "common/host_device.h"

namespace facesdk {

// Nearest even; held so that the byte is 0..255. Within these bounds the addition of 1.5 * 2^23 rounds a
// float to a whole number.
FACESDK_HD uint8_t to_byte(float value, int32_t zero) {
  const float low = static_cast<float>(-zero), high = static_cast<float>(255 - zero);
  const float held = value > low ? (value < high ? value : high) : low;
  const float shifted = held + 12582912.0f;
  int32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  return static_cast<uint8_t>(bits - 0x4B400000 + zero);
}

// e^x for x <= 0, to about 2e-7 of its value; 0 below -87.
FACESDK_HD float exp_negative(float x) {
  const float held = x > -87.0f ? x : -87.0f;
  const float shifted = held * 1.44269504f + 12582912.0f;
  const float n = shifted - 12582912.0f;
  const float r = (held - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = (p * r) * r + r + 1.0f;
  int32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  const int32_t power = (bits - 0x4B400000 + 127) * (1 << 23);
  float scale;
  std::memcpy(&scale, &power, sizeof scale);
  return x > -87.0f ? p * scale : 0.0f;
}

}  // namespace facesdk
