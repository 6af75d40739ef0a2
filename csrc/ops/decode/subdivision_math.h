// Rows of a subdivision matrix whose entries are sorted by weight: points of equal weight are added before
// they are multiplied. `point(c)` is control vertex c.
#pragma once

#include <cstdint>

#include "common/float4.h"
#include "ops/decode/decode_math.h"

namespace facesdk {

template <int count, typename Point>
FACESDK_HD Float4 sum_of(const Point& point, const int32_t* idx) {
  Float4 sum = point(idx[0]);
  for (int n = 1; n < count; ++n) sum = sum + point(idx[n]);
  return sum;
}

// A row of a, b and c entries of three weights.
template <int a, int b, int c, typename Point>
FACESDK_HD Float4 known_row(const Point& point, const int32_t* idx, Float4 first, Float4 second,
                            Float4 third) {
  Float4 sum = first * sum_of<a>(point, idx);
  if (b > 0) sum = subdivide_step(sum, second, sum_of<b>(point, idx + a));
  if (c > 0) sum = subdivide_step(sum, third, sum_of<c>(point, idx + a + b));
  return sum;
}

// Any row, entry by entry.
template <typename Point>
FACESDK_HD Float4 any_row(const Point& point, const int32_t* idx, const float* val, int32_t count) {
  Float4 sum = splat(0.0f);
  for (int32_t n = 0; n < count; ++n) sum = subdivide_step(sum, splat(val[n]), point(idx[n]));
  return sum;
}

}  // namespace facesdk
