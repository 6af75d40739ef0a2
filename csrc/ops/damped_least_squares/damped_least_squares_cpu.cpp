#include <algorithm>
#include <cmath>
#include <vector>

#include "common/host_device.h"
#include "common/simd_dispatch.h"
#include "ops/damped_least_squares/damped_least_squares.h"
#include "ops/damped_least_squares/damped_least_squares_math.h"

namespace facesdk {
namespace {

// out[j] += sign * the sum over k of factors[k * stride] * rows[k * stride + j]: four rows pass at a time, no
// sum waits for another one, and the order of each does not depend on the width of a register.
struct AddRows {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT rows, const float* FACESDK_RESTRICT factors,
                             int64_t stride, int64_t count, float sign, int64_t width,
                             float* FACESDK_RESTRICT out) {
    int64_t k = 0;
    for (; k + 4 <= count; k += 4, rows += 4 * stride, factors += 4 * stride) {
      const float f0 = sign * factors[0], f1 = sign * factors[stride], f2 = sign * factors[2 * stride],
                  f3 = sign * factors[3 * stride];
      for (int64_t j = 0; j < width; ++j) {
        out[j] = out[j] + f0 * rows[j] + f1 * rows[stride + j] + f2 * rows[2 * stride + j] +
                 f3 * rows[3 * stride + j];
      }
    }
    for (; k < count; ++k, rows += stride, factors += stride) {
      const float f = sign * *factors;
      for (int64_t j = 0; j < width; ++j) out[j] += f * rows[j];
    }
  }
};

// U of the upper triangle U^T U = J J^T + damping I, row i at i * M, and the inverse of each diagonal number.
struct Factor {
  static FACESDK_HD void run(const float* transposed, const DampedLeastSquaresParams& p, float* upper,
                             float* inverse, bool* positive) {
    const int64_t size = p.equations;
    *positive = false;
    for (int64_t i = 0; i < size; ++i) {
      float* row = upper + i * size + i;
      std::fill(row, row + size - i, 0.0f);
      AddRows::run(transposed + i, transposed + i, size, p.unknowns, 1.0f, size - i, row);
      *row += p.damping;
      AddRows::run(upper + i, upper + i, size, i, -1.0f, size - i, row);
      if (!(*row > 0.0f) || !std::isfinite(*row)) return;
      inverse[i] = 1.0f / std::sqrt(*row);
      for (int64_t j = 0; j < size - i; ++j) row[j] *= inverse[i];
    }
    *positive = true;
  }
};

// y <- (U^T U)^-1 y, then step = J^T y.
struct Solve {
  static FACESDK_HD void run(const float* upper, const float* inverse, const DampedLeastSquaresParams& p,
                             float* y) {
    const int64_t size = p.equations;
    for (int64_t i = 0; i < size; ++i) {
      y[i] *= inverse[i];
      const float known = y[i];
      const float* row = upper + i * size;
      for (int64_t j = i + 1; j < size; ++j) y[j] -= known * row[j];
    }
    for (int64_t i = size - 1; i >= 0; --i) {
      y[i] = (y[i] - lane_dot(upper + i * size + i + 1, y + i + 1, size - i - 1)) * inverse[i];
    }
    for (int64_t i = 0; i < size; ++i) {
      const float* row = p.jacobian + i * p.unknowns;
      for (int64_t k = 0; k < p.unknowns; ++k) p.step[k] += row[k] * y[i];
    }
  }
};

struct Buffers {
  std::vector<float> transposed;      // (N, M)
  std::vector<float> upper, inverse;  // (M, M), (M,) of Factor
  std::vector<float> y;               // (M,)
};

}  // namespace

bool damped_least_squares_cpu(const DampedLeastSquaresParams& p, Workspace& workspace) {
  Buffers& buffers = workspace.of<Buffers>();
  float* const transposed = at_least(buffers.transposed, p.equations * p.unknowns);
  float* const upper = at_least(buffers.upper, p.equations * p.equations);
  float* const inverse = at_least(buffers.inverse, p.equations);
  float* const y = at_least(buffers.y, p.equations);
  std::copy(p.residual, p.residual + p.equations, y);
  std::fill(p.step, p.step + p.unknowns, 0.0f);
  for (int64_t i = 0; i < p.equations; ++i) {
    for (int64_t k = 0; k < p.unknowns; ++k) transposed[k * p.equations + i] = p.jacobian[i * p.unknowns + k];
  }
  bool positive;
  vectorized<Factor>(static_cast<const float*>(transposed), p, upper, inverse, &positive);
  if (!positive) return false;
  vectorized<Solve>(static_cast<const float*>(upper), static_cast<const float*>(inverse), p, y);
  return true;
}

}  // namespace facesdk
