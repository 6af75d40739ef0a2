// Sum of rows of bytes with integer coefficients: what a quantised decode spends its time on. Exact, hence
// the same bits for every vector width and order.
#pragma once

#include <cmath>
#include <cstdint>

#include "common/host_device.h"

namespace facesdk {

constexpr int kMostRows = 512;              // 512 * 127 * 32512 fits 31 bits
constexpr float kLargestWeight = 32512.0f;  // 127 * 256, so that both bytes of a weight have a sign

struct RowSum {
  const int8_t* rows[kMostRows];
  int32_t weights[kMostRows];  // -32512..32512
  int count;
  float step;  // unit of the sum: weight * value * step
};

// Rounds coefficients to weights: each to 1/65024 of the largest. Rows that then weigh nothing are left out.
// A coefficient that is not finite makes the step NaN. `row(k)` is where row k begins.
template <typename Coefficient, typename Row>
void weigh_rows(int count, const Coefficient& coefficient, const Row& row, RowSum& sum);

// out[i] += step * sum over the rows of weight * value[i], for i in [0, count).
void add_rows(const RowSum& sum, int64_t count, float* out);

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

// To the nearest whole number, as nearbyint(), without a call: adding 1.5 * 2^23 leaves no bits for a
// fraction. The product may be a rounding step too large.
FACESDK_HD int32_t round_weight(float v) {
  const float inside = v > kLargestWeight ? kLargestWeight : v < -kLargestWeight ? -kLargestWeight : v;
  return static_cast<int32_t>((inside + 12582912.0f) - 12582912.0f);
}

template <typename Coefficient, typename Row>
void weigh_rows(int count, const Coefficient& coefficient, const Row& row, RowSum& sum) {
  float largest = 0.0f;
  bool finite = true;
  for (int k = 0; k < count; ++k) {
    const float size = std::fabs(coefficient(k));
    finite &= size <= 3.0e38f;
    largest = size > largest ? size : largest;
  }
  const Unit unit = weight_unit(finite ? largest : INFINITY);
  sum.count = 0;
  sum.step = unit.step;
  if (!finite) sum.rows[0] = row(0), sum.weights[0] = 0, sum.count = 1;
  if (!(sum.step > 0.0f)) return;
  for (int k = 0; k < count; ++k) {
    sum.rows[sum.count] = row(k);
    sum.weights[sum.count] = round_weight(coefficient(k) * unit.inverse);
    sum.count += sum.weights[sum.count] != 0;
  }
}

}  // namespace facesdk
