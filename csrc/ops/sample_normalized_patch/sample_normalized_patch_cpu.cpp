#include <algorithm>
#include <cmath>

#include "ops/sample_normalized_patch/sample_normalized_patch.h"

namespace facesdk {
namespace {

// Within the picture, and with a neighbour to the right; not a number becomes 0.
float inside(double v, int64_t size) {
  const double last = static_cast<double>(size) - 1.001;
  return static_cast<float>(v > 0.0 ? std::min(v, last) : 0.0);
}

}  // namespace

void sample_normalized_patch_cpu(const SampleNormalizedPatchParams& p) {
  const int64_t count = static_cast<int64_t>(p.across) * p.down;
  const double sign = p.mirrored ? -1.0 : 1.0;
  const double down[2] = {-sign * p.right[1], sign * p.right[0]};
  double sum = 0.0;
  for (int32_t row = 0; row < p.down; ++row) {
    const double v = (2.0 * row / (p.down - 1) - 1.0) * p.down / p.across;
    for (int32_t column = 0; column < p.across; ++column) {
      const double u = 2.0 * column / (p.across - 1) - 1.0;
      const float x = inside(p.center[0] + u * p.right[0] + v * down[0], p.size);
      const float y = inside(p.center[1] + u * p.right[1] + v * down[1], p.size);
      const int64_t left = static_cast<int64_t>(x), top = static_cast<int64_t>(y);
      const float* at = p.gray + top * p.size + left;
      const float across = x - static_cast<float>(left), lower = y - static_cast<float>(top);
      const float above = at[0] + across * (at[1] - at[0]);
      const float below = at[p.size] + across * (at[p.size + 1] - at[p.size]);
      const float value = above + lower * (below - above);
      p.out[static_cast<int64_t>(row) * p.across + column] = value;
      sum += value;
    }
  }
  const double mean = sum / static_cast<double>(count);
  double squares = 0.0;
  for (int64_t i = 0; i < count; ++i) squares += (p.out[i] - mean) * (p.out[i] - mean);
  const double scale = 1.0 / (std::sqrt(squares / static_cast<double>(count - 1)) + p.contrast_epsilon);
  for (int64_t i = 0; i < count; ++i) p.out[i] = static_cast<float>((p.out[i] - mean) * scale);
}

}  // namespace facesdk
