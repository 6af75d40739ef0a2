#include <algorithm>

#include "common/simd_dispatch.h"
#include "ops/rasterize/stages.h"

namespace facesdk {
namespace {

struct Invert {
  static FACESDK_HD void run(float* values, int64_t count) {
    for (int64_t x = 0; x < count; ++x) {
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

constexpr int64_t kBlock = 16;

// How many pixels of each block of kBlock something covers.
struct Covered {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT nearness, int64_t blocks,
                             int32_t* FACESDK_RESTRICT covered) {
    for (int64_t block = 0; block < blocks; ++block) {
      int32_t sum = 0;
      for (int64_t x = 0; x < kBlock; ++x) sum += nearness[kBlock * block + x] > 0.0f;
      covered[block] = sum;
    }
  }
};

// Zeros in the pixels of (count, 3) numbers that nothing covers.
void empty_pixels(const float* nearness, int64_t count, float* out) {
  for (int64_t x = 0; x < count; ++x) {
    if (!(nearness[x] > 0.0f)) out[3 * x] = out[3 * x + 1] = out[3 * x + 2] = 0.0f;
  }
}

}  // namespace

void resolve_rows(const RasterizeParams& p, const Tile& tile) {
  const int64_t count = static_cast<int64_t>(tile.end - tile.begin) * tile.width;
  constexpr int64_t kBlocks = 64;  // at a time
  for (int64_t start = 0; start < count; start += kBlocks * kBlock) {
    const int64_t pixels = std::min(kBlocks * kBlock, count - start), blocks = pixels / kBlock;
    float* const nearness = tile.nearness + start;
    int32_t covered[kBlocks];
    vectorized<Covered>(static_cast<const float*>(nearness), blocks, static_cast<int32_t*>(covered));
    for (float* out : {tile.color, tile.bary}) {
      if (out == nullptr) continue;
      float* const to = out + 3 * start;
      for (int64_t block = 0; block < blocks; ++block) {
        if (covered[block] == kBlock) continue;
        float* const here = to + 3 * kBlock * block;
        if (covered[block] == 0) {
          std::fill(here, here + 3 * kBlock, 0.0f);
        } else {
          empty_pixels(nearness + kBlock * block, kBlock, here);
        }
      }
      empty_pixels(nearness + kBlock * blocks, pixels - kBlock * blocks, to + 3 * kBlock * blocks);
    }
    if (p.triangle != nullptr) vectorized<Number>(nearness, tile.triangle + start, pixels);
    if (p.depth != nullptr) vectorized<Invert>(nearness, pixels);
  }
}

}  // namespace facesdk
