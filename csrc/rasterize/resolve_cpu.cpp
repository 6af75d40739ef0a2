#include <algorithm>

#include "common/float4.h"
#include "common/vectorize.h"
#include "rasterize/stages.h"

namespace facesdk {
namespace {

struct Invert {
  static FACESDK_HD void run(float* values, int32_t first, int32_t last) {
    for (int32_t x = first; x < last; ++x) {
      const float inverse = 1.0f / values[x];
      values[x] = values[x] > 0.0f ? inverse : 0.0f;
    }
  }
};

// Colours of the pixels [first, last) of a row.
void resolve_color(const Scene& s, const float* depth, const Hit* hits, int32_t first, int32_t last,
                   float* out) {
  const Rows3 colors(s.p.colors, s.p.num_verts);
  for (int32_t x = first; x < last; ++x) {
    Float4 color = splat(0.0f);
    if (depth[x] > 0.0f) {
      const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(hits[x].triangle);
      const Float4 c0 = colors[index[0]], c1 = colors[index[1]], c2 = colors[index[2]];
      const float b1 = hits[x].s1 * depth[x], b2 = hits[x].s2 * depth[x];
      color = interpolate(c0, c1, c2, splat(b1), splat(b2));
    }
    // The fourth float falls on the next pixel, which is written after this one.
    if (x + 1 < last) {
      store4(out + 3 * static_cast<int64_t>(x), color);
    } else {
      store3(out + 3 * static_cast<int64_t>(x), color);
    }
  }
}

void resolve_bary(const float* depth, const Hit* hits, int32_t first, int32_t last, float* out) {
  for (int32_t x = first; x < last; ++x) {
    const float covered = depth[x] > 0.0f ? 1.0f : 0.0f;
    const float b1 = covered != 0.0f ? hits[x].s1 * depth[x] : 0.0f;
    const float b2 = covered != 0.0f ? hits[x].s2 * depth[x] : 0.0f;
    out[3 * x] = covered - b1 - b2;
    out[3 * x + 1] = b1;
    out[3 * x + 2] = b2;
  }
}

}  // namespace

void resolve_row(const Scene& s, float* nearness, const Hit* hits, int32_t y) {
  const RasterizeParams& p = s.p;
  const int64_t row = static_cast<int64_t>(y) * p.width;
  int32_t first = 0, last = p.width;
  while (first < last && !(nearness[first] > 0.0f)) ++first;
  while (last > first && !(nearness[last - 1] > 0.0f)) --last;
  vectorized<Invert>(nearness, first, last);
  const float* depth = nearness;

  const auto clear_around = [&](float* out, int64_t channels) {
    std::fill(out, out + channels * first, 0.0f);
    std::fill(out + channels * last, out + channels * p.width, 0.0f);
  };
  if (p.triangle != nullptr) {
    for (int32_t x = 0; x < p.width; ++x) p.triangle[row + x] = depth[x] > 0.0f ? hits[x].triangle : -1;
  }
  if (p.depth != nullptr) std::copy(depth, depth + p.width, p.depth + row);
  if (p.color != nullptr) {
    clear_around(p.color + 3 * row, 3);
    resolve_color(s, depth, hits, first, last, p.color + 3 * row);
  }
  if (p.bary != nullptr) {
    clear_around(p.bary + 3 * row, 3);
    resolve_bary(depth, hits, first, last, p.bary + 3 * row);
  }
}

}  // namespace facesdk
