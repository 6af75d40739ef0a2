#include <algorithm>
#include <vector>

#include "common/simd_dispatch.h"
#include "ops/contours/contours.h"
#include "ops/contours/contours_math.h"

namespace facesdk {
namespace {

struct ContoursBuffers {
  std::vector<uint8_t> padded;                  // one row of gray levels with kBlurReach px on each side
  std::vector<int32_t> across, smooth, dx, dy;  // (H, W); smooth with a pixel's border
  std::vector<int32_t> square;                  // (H + 2, W + 2) squared length of the gradient, 0 outside
  std::vector<int32_t> grown;                   // pixels whose neighbours are still to be looked at
};

struct BlurRow {
  static FACESDK_HD void run(const uint8_t* FACESDK_RESTRICT row, int32_t width,
                             int32_t* FACESDK_RESTRICT out) {
    for (int32_t x = 0; x < width; ++x) {
      int32_t sum = 0;
      for (int32_t k = 0; k <= 2 * kBlurReach; ++k) sum += kBlurWeights[k] * row[x + k];
      out[x] = sum;
    }
  }
};

struct BlurColumn {
  static FACESDK_HD void run(const int32_t* const* rows, int32_t width, int32_t* FACESDK_RESTRICT out) {
    for (int32_t x = 0; x < width; ++x) {
      int32_t sum = 0;
      for (int32_t k = 0; k <= 2 * kBlurReach; ++k) sum += kBlurWeights[k] * rows[k][x];
      out[x] = (sum + (1 << (15 - kBlurBits))) >> (16 - kBlurBits);
    }
  }
};

// Sobel's filter on rows with a pixel's border, and the squared length.
struct Gradient {
  static FACESDK_HD void run(const int32_t* FACESDK_RESTRICT up, const int32_t* FACESDK_RESTRICT row,
                             const int32_t* FACESDK_RESTRICT down, int32_t width,
                             int32_t* FACESDK_RESTRICT dx, int32_t* FACESDK_RESTRICT dy,
                             int32_t* FACESDK_RESTRICT square) {
    for (int32_t x = 0; x < width; ++x) {
      const int32_t a = (up[x + 2] - up[x]) + 2 * (row[x + 2] - row[x]) + (down[x + 2] - down[x]);
      const int32_t b = (down[x] + 2 * down[x + 1] + down[x + 2]) - (up[x] + 2 * up[x + 1] + up[x + 2]);
      dx[x] = a, dy[x] = b, square[x] = a * a + b * b;
    }
  }
};

void smooth(const ContoursParams& p, ContoursBuffers* b) {
  const int64_t width = p.width, wide = width + 2;
  at_least(b->padded, width + 2 * kBlurReach);
  at_least(b->across, p.height * width);
  at_least(b->smooth, (int64_t{p.height} + 2) * wide);
  for (int32_t y = 0; y < p.height; ++y) {
    const uint8_t* row = p.gray + y * width;
    for (int32_t x = -kBlurReach; x < p.width + kBlurReach; ++x) {
      b->padded[static_cast<size_t>(x + kBlurReach)] = row[mirrored(x, p.width)];
    }
    vectorized<BlurRow>(b->padded.data(), p.width, b->across.data() + y * width);
  }
  for (int32_t y = 0; y < p.height; ++y) {
    const int32_t* rows[2 * kBlurReach + 1];
    for (int32_t k = -kBlurReach; k <= kBlurReach; ++k) {
      rows[k + kBlurReach] = b->across.data() + mirrored(y + k, p.height) * width;
    }
    int32_t* out = b->smooth.data() + (y + 1) * wide;
    vectorized<BlurColumn>(rows, p.width, out + 1);
    out[0] = out[1], out[wide - 1] = out[wide - 2];
  }
  std::copy_n(b->smooth.data() + wide, wide, b->smooth.data());
  std::copy_n(b->smooth.data() + p.height * wide, wide, b->smooth.data() + (p.height + 1) * wide);
}

void gradients(const ContoursParams& p, ContoursBuffers* b) {
  const int64_t width = p.width, wide = width + 2;
  at_least(b->dx, p.height * width), at_least(b->dy, p.height * width);
  b->square.assign(static_cast<size_t>((p.height + 2) * wide), 0);
  for (int32_t y = 0; y < p.height; ++y) {
    const int32_t* up = b->smooth.data() + y * wide;
    vectorized<Gradient>(up, up + wide, up + 2 * wide, p.width, b->dx.data() + y * width,
                         b->dy.data() + y * width, b->square.data() + (y + 1) * wide + 1);
  }
}

// Marks crests of the gradient that are strong enough, 2 where only those that touch a contour count.
void find_crests(const ContoursParams& p, ContoursBuffers* b) {
  const int64_t width = p.width, wide = width + 2;
  b->grown.clear();
  for (int32_t y = 0; y < p.height; ++y) {
    for (int32_t x = 0; x < p.width; ++x) {
      const int64_t at = y * width + x;
      const int32_t* square = b->square.data() + (y + 1) * wide + x + 1;
      p.out[at] = 0;
      if (*square <= squared_levels(kWeakLevels)) continue;
      const Neighbour n = across(b->dx[static_cast<size_t>(at)], b->dy[static_cast<size_t>(at)]);
      const int64_t step = n.dy * wide + n.dx;
      // Of two equal neighbours the one before loses, so that a crest is one pixel wide.
      if (*square <= square[-step] || *square < square[step]) continue;
      p.out[at] = *square > squared_levels(kStrongLevels) ? 1 : 2;
      if (p.out[at] == 1) b->grown.push_back(static_cast<int32_t>(at));
    }
  }
}

// Weak crests become contours where they touch one; the others are dropped.
void grow(const ContoursParams& p, ContoursBuffers* b) {
  while (!b->grown.empty()) {
    const int32_t at = b->grown.back(), x = at % p.width, y = at / p.width;
    b->grown.pop_back();
    for (int32_t v = std::max(y - 1, 0); v <= std::min(y + 1, p.height - 1); ++v) {
      for (int32_t u = std::max(x - 1, 0); u <= std::min(x + 1, p.width - 1); ++u) {
        uint8_t& one = p.out[int64_t{v} * p.width + u];
        if (one != 2) continue;
        one = 1;
        b->grown.push_back(v * p.width + u);
      }
    }
  }
  const int64_t count = int64_t{p.height} * p.width;
  for (int64_t i = 0; i < count; ++i) p.out[i] &= 1;
}

}  // namespace

void contours_cpu(const ContoursParams& p, Workspace& workspace) {
  ContoursBuffers& buffers = workspace.of<ContoursBuffers>();
  smooth(p, &buffers);
  gradients(p, &buffers);
  find_crests(p, &buffers);
  grow(p, &buffers);
}

}  // namespace facesdk
