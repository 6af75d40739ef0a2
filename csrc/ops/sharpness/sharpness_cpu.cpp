#include <cmath>

#include "common/simd_dispatch.h"
#include "ops/sharpness/sharpness.h"

namespace facesdk {
namespace {

constexpr int kLanes = 16;

constexpr int kDirections = 4;

struct RowSums {
  float sum[kLanes], squares[kLanes], bend[kDirections][kLanes];
};

// Sums of one row in sixteen interleaved parts: the same additions whatever the width of a register. `inside`
// leaves the first and last pixel and, with `edge`, the whole row out of the second differences.
struct AddRow {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT row, int64_t stride, int64_t count, bool edge,
                             float middle, RowSums* FACESDK_RESTRICT out) {
    RowSums sums = {};
    const auto value = [&](int64_t x, int lane) {
      const float v = row[x] - middle;
      sums.sum[lane] += v;
      sums.squares[lane] += v * v;
    };
    const auto bend = [&](int64_t x, int lane) {
      const float twice = 2.0f * row[x];
      sums.bend[0][lane] += std::fabs((row[x - 1] + row[x + 1]) - twice);
      sums.bend[1][lane] += std::fabs((row[x - stride] + row[x + stride]) - twice);
      sums.bend[2][lane] += std::fabs((row[x - stride - 1] + row[x + stride + 1]) - twice);
      sums.bend[3][lane] += std::fabs((row[x - stride + 1] + row[x + stride - 1]) - twice);
    };
    const int64_t whole = count - count % kLanes;
    for (int64_t x = 0; x < whole; x += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) value(x + lane, lane);
    }
    for (int64_t x = whole; x < count; ++x) value(x, static_cast<int>(x - whole));
    if (!edge) {
      const int64_t bends = 1 + (count - 2) - (count - 2) % kLanes;
      for (int64_t x = 1; x < bends; x += kLanes) {
        for (int lane = 0; lane < kLanes; ++lane) bend(x + lane, lane);
      }
      for (int64_t x = bends; x < count - 1; ++x) bend(x, static_cast<int>(x - bends));
    }
    *out = sums;
  }
};

double total(const float* lanes) {
  double sum = 0.0;
  for (int lane = 0; lane < kLanes; ++lane) sum += lanes[lane];
  return sum;
}

}  // namespace

double sharpness_cpu(const SharpnessParams& p) {
  const int64_t margin = p.size / 5, inner = p.size - 2 * margin;
  if (inner < 3) return 0.0;
  const float* start = p.gray + margin * p.size + margin;
  const float middle =
      start[(inner / 2) * p.size + inner / 2];  // keeps the sum of squares free of cancellation
  double sum = 0.0, squares = 0.0, bend[kDirections] = {};
  for (int64_t y = 0; y < inner; ++y) {
    RowSums row;
    const bool edge = y == 0 || y == inner - 1;
    vectorized<AddRow>(start + y * p.size, p.size, inner, edge, middle, &row);
    sum += total(row.sum);
    squares += total(row.squares);
    for (int k = 0; k < kDirections; ++k) bend[k] += total(row.bend[k]);
  }
  const double count = static_cast<double>(inner * inner), mean = sum / count;
  const double contrast = std::sqrt(std::fmax(squares / count - mean * mean, 0.0));
  if (!(contrast >= 1e-3)) return 0.0;
  // Diagonal neighbours lie sqrt(2) apart: a second difference there is twice as large on the same slope.
  const double least = std::fmin(std::fmin(bend[0], bend[1]), std::fmin(bend[2], bend[3]) / 2.0);
  return least / static_cast<double>((inner - 2) * (inner - 2)) / contrast / 2.0;
}

}  // namespace facesdk
