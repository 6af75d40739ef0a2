// Sum of rows of bytes with integer coefficients: what a quantised decode spends its time on. Exact, hence
// the same bits for every vector width and order.
#pragma once

#include <cmath>
#include <cstdint>

#include "common/hd.h"

namespace facesdk {

constexpr int kMostRows = 512;  // 512 * 127 * 32767 fits 31 bits

struct RowSum {
  const int8_t* rows[kMostRows];
  int32_t weights[kMostRows];  // -32767..32767
  int count;
  float step;  // unit of the sum: weight * value * step
};

// Rounds coefficients to weights: each to 1/65534 of the largest. Rows that then weigh nothing are left out.
// A coefficient that is not finite makes the step NaN. `row(k)` is where row k begins.
template <typename Coefficient, typename Row>
void weigh_rows(int count, const Coefficient& coefficient, const Row& row, RowSum& sum);

// out[i] += step * sum over the rows of weight * value[i], for i in [0, count).
void add_rows(const RowSum& sum, int64_t count, float* out);

// To the nearest whole number, as nearbyint(), without a call: adding 1.5 * 2^23 leaves no bits for a
// fraction. A step that underflowed may have made the quotient too large.
FACESDK_HD int32_t round_weight(float v) {
  const float inside = v > 32767.0f ? 32767.0f : v < -32767.0f ? -32767.0f : v;
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
  sum.count = 0;
  sum.step = finite ? largest / 32767.0f : NAN;
  if (!finite) sum.rows[0] = row(0), sum.weights[0] = 0, sum.count = 1;
  if (!(sum.step > 0.0f)) return;
  for (int k = 0; k < count; ++k) {
    sum.rows[sum.count] = row(k);
    sum.weights[sum.count] = round_weight(coefficient(k) / sum.step);
    sum.count += sum.weights[sum.count] != 0;
  }
}

}  // namespace facesdk
