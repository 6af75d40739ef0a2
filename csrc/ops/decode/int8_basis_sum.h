// Sum of rows of bytes with integer coefficients: what a quantised decode spends its time on. Exact, hence
// the same bits for every vector width and order.
#pragma once

#include <cmath>
#include <cstdint>

#include "ops/decode/decode_math.h"

namespace facesdk {

struct Int8BasisSum {
  const int8_t* rows[kMostRows];
  int32_t weights[kMostRows];  // -32512..32512
  int count;
  float step;  // unit of the sum: weight * value * step
};

// Rounds coefficients to weights: each to 1/65024 of the largest. Rows that then weigh nothing are left out.
// A coefficient that is not finite makes the step NaN. `row(k)` is where row k begins.
template <typename Coefficient, typename Row>
void round_row_weights(int count, const Coefficient& coefficient, const Row& row, Int8BasisSum& sum);

// out[i] += step * sum over the rows of weight * value[i], for i in [0, count).
void add_int8_rows(const Int8BasisSum& sum, int64_t count, float* out);

template <typename Coefficient, typename Row>
void round_row_weights(int count, const Coefficient& coefficient, const Row& row, Int8BasisSum& sum) {
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
