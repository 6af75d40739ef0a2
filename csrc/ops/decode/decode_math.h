// Arithmetic of one number of a decode: steps of the sums in floats, rounding of weights, sums of int8 and
// int4 values with integer weights, which are exact in any order, and their scale.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "common/host_device.h"

namespace facesdk {

FACESDK_HD float blend_step(float sum, float coefficient, float basis) { return sum + coefficient * basis; }

// Of one coordinate, or of all of a vertex in a vector.
template <typename Value>
FACESDK_HD Value subdivide_step(Value sum, Value weight, Value control) {
  return sum + weight * control;
}

constexpr int kMostRows = 512;              // 512 * 127 * 32512 fits 31 bits
constexpr float kLargestWeight = 32512.0f;  // 127 * 256, so that both bytes of a weight have a sign

// What one unit of a weight is worth, and how many of them one is.
struct Unit {
  float step;  // NaN where the largest is not finite, 0 where it is next to nothing
  float inverse;
};

FACESDK_HD Unit weight_unit(float largest) {
  const bool finite = largest <= 3.0e38f, some = largest > 1.0e-30f;
  return {finite ? (some ? largest / kLargestWeight : 0.0f) : NAN,
          finite && some ? kLargestWeight / largest : 0.0f};
}

// Bits of |v|: as whole numbers they have the order of the sizes, and a NaN is above all of them.
FACESDK_HD int32_t magnitude_bits(float v) {
  int32_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits & 0x7fffffff;
}

FACESDK_HD float float_of_bits(int32_t bits) {
  float v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}

// To the nearest whole number, as nearbyint(), without a call: adding 1.5 * 2^23 leaves no bits for a
// fraction. The product may be a rounding step too large.
FACESDK_HD int32_t round_weight(float v) {
  const float inside = v > kLargestWeight ? kLargestWeight : v < -kLargestWeight ? -kLargestWeight : v;
  return static_cast<int32_t>((inside + 12582912.0f) - 12582912.0f);
}

// weight = 256 * high + low, both of them signed bytes.
FACESDK_HD int32_t high_byte(int32_t weight) { return (weight + 128) >> 8; }
FACESDK_HD int32_t low_byte(int32_t weight) { return weight - 256 * high_byte(weight); }

// A byte of an octet holds the values of two entries, -7..7, each with kInt4Zero added.
constexpr int32_t kInt4Zero = 8;
FACESDK_HD int32_t first_int4(uint8_t pair) { return pair % 16 - kInt4Zero; }
FACESDK_HD int32_t second_int4(uint8_t pair) { return pair / 16 - kInt4Zero; }

constexpr int64_t kInt8QuadBytes = 4 * 256;  // of one block of shapes; an octet's are as many

// The entries of a block's quads, and those of its octets, are padded to a multiple of a vector's lanes.
constexpr int kPadded = 16;
FACESDK_HD constexpr int padded(int entries) { return (entries + kPadded - 1) / kPadded * kPadded; }

// How many of a block's quads and octets are added in one go: kMostRows entries at most.
struct ShapeCounts {
  int int8_quads, int4_octets;
};

FACESDK_HD ShapeCounts next_counts(int quads, int octets) {
  ShapeCounts c;
  c.int8_quads = quads < kMostRows / 4 ? quads : kMostRows / 4;
  const int room = (kMostRows - padded(4 * c.int8_quads)) / 8;
  c.int4_octets = octets < room ? octets : room;
  return c;
}

// One number of four shapes, its bytes side by side.
FACESDK_HD int32_t int8_quad_step(int32_t sum, const int8_t* values, const int16_t* weights) {
  return sum + weights[0] * values[0] + weights[1] * values[1] + weights[2] * values[2] +
         weights[3] * values[3];
}

// One number of eight shapes of int4.
FACESDK_HD int32_t int4_octet_step(int32_t sum, const int8_t* pairs, const int16_t* weights) {
  for (int k = 0; k < 4; ++k) {
    const uint8_t pair = static_cast<uint8_t>(pairs[k]);
    sum += weights[k] * first_int4(pair) + weights[k + 4] * second_int4(pair);
  }
  return sum;
}

// One number of two rows.
FACESDK_HD int32_t int8_pair_step(int32_t sum, int8_t a, int8_t b, int32_t weight_a, int32_t weight_b) {
  return sum + (weight_a * a + weight_b * b);
}

// The integer sum put on what is there.
FACESDK_HD float add_scaled(float out, int32_t sum, float step) {
  return out + static_cast<float>(sum) * step;
}

}  // namespace facesdk
