#include <algorithm>
#include <cmath>
#include <vector>

#include "common/hd.h"
#include "ridge/ridge.h"
#include "ridge/ridge_math.h"

namespace facesdk {
namespace {

// Lower triangle of J J^T + damping I, row i at i * M.
FACESDK_CLONES void normal_matrix(const RidgeParams& p, float* normal) {
  for (int64_t i = 0; i < p.equations; ++i) {
    const float* row = p.jacobian + i * p.unknowns;
    for (int64_t j = 0; j <= i; ++j) {
      normal[i * p.equations + j] = lane_dot(row, p.jacobian + j * p.unknowns, p.unknowns);
    }
    normal[i * p.equations + i] += p.damping;
  }
}

// In place: L of the lower triangle L L^T.
FACESDK_CLONES bool factor(float* matrix, int64_t size) {
  for (int64_t i = 0; i < size; ++i) {
    float* row = matrix + i * size;
    for (int64_t j = 0; j < i; ++j) {
      const float* other = matrix + j * size;
      row[j] = (row[j] - lane_dot(row, other, j)) / other[j];
    }
    const float rest = row[i] - lane_dot(row, row, i);
    if (!(rest > 0.0f) || !std::isfinite(rest)) return false;
    row[i] = std::sqrt(rest);
  }
  return true;
}

// y <- (L L^T)^-1 y
FACESDK_CLONES void solve(const float* lower, int64_t size, float* y) {
  for (int64_t i = 0; i < size; ++i) {
    y[i] = (y[i] - lane_dot(lower + i * size, y, i)) / lower[i * size + i];
  }
  for (int64_t i = size - 1; i >= 0; --i) {
    y[i] /= lower[i * size + i];
    for (int64_t j = 0; j < i; ++j) y[j] -= lower[i * size + j] * y[i];
  }
}

FACESDK_CLONES void add_row(const float* FACESDK_RESTRICT row, float factor, int64_t count,
                            float* FACESDK_RESTRICT step) {
  for (int64_t k = 0; k < count; ++k) step[k] += row[k] * factor;
}

}  // namespace

bool ridge_cpu(const RidgeParams& p) {
  // Kept between calls: a tracker asks for the same size every frame.
  thread_local std::vector<float> normal;
  thread_local std::vector<float> y;
  normal.resize(static_cast<size_t>(p.equations * p.equations));
  y.assign(p.residual, p.residual + p.equations);
  std::fill(p.step, p.step + p.unknowns, 0.0f);
  normal_matrix(p, normal.data());
  if (!factor(normal.data(), p.equations)) return false;
  solve(normal.data(), p.equations, y.data());
  for (int64_t i = 0; i < p.equations; ++i) add_row(p.jacobian + i * p.unknowns, y[i], p.unknowns, p.step);
  return true;
}

}  // namespace facesdk
