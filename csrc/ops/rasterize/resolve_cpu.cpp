#include <algorithm>

#include "common/simd_dispatch.h"
#include "ops/rasterize/stages.h"

namespace facesdk {
namespace {

struct Invert {
  static FACESDK_HD void run(float* values, int64_t first, int64_t last) {
    for (int64_t x = first; x < last; ++x) {
      const float inverse = 1.0f / values[x];
      values[x] = values[x] > 0.0f ? inverse : 0.0f;
    }
  }
};

struct Number {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT nearness, int32_t* FACESDK_RESTRICT triangle,
                             int64_t count) {
    for (int64_t x = 0; x < count; ++x) triangle[x] = nearness[x] > 0.0f ? triangle[x] : -1;
  }
};

// Zeros in the pixels [first, last) of (count, 3) numbers that nothing covers: there are few.
void empty_holes(const float* nearness, int64_t first, int64_t last, float* out) {
  constexpr int64_t kBlock = 16;
  for (int64_t x = first; x < last; x += kBlock) {
    const int64_t end = std::min(last, x + kBlock);
    bool covered = true;
    for (int64_t i = x; i < end; ++i) covered &= nearness[i] > 0.0f;
    if (covered) continue;
    for (int64_t i = x; i < end; ++i) {
      if (!(nearness[i] > 0.0f)) out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = 0.0f;
    }
  }
}

}  // namespace

void resolve_rows(const RasterizeParams& p, const Tile& tile) {
  const int64_t width = tile.width, rows = tile.end - tile.begin;
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t start = row * width;
    float* nearness = tile.nearness + start;
    int64_t first = 0, last = width;
    while (first < last && !(nearness[first] > 0.0f)) ++first;
    while (last > first && !(nearness[last - 1] > 0.0f)) --last;
    for (float* out : {tile.color, tile.bary}) {
      if (out == nullptr) continue;
      float* to = out + 3 * start;
      std::fill(to, to + 3 * first, 0.0f);
      std::fill(to + 3 * last, to + 3 * width, 0.0f);
      empty_holes(nearness, first, last, to);
    }
    if (p.triangle != nullptr) vectorized<Number>(nearness, tile.triangle + start, width);
    if (p.depth != nullptr) vectorized<Invert>(nearness, first, last);
  }
}

}  // namespace facesdk
