#include <algorithm>

#include "common/hd.h"
#include "common/parallel.h"
#include "warp/warp.h"
#include "warp/warp_math.h"

namespace facesdk {
namespace {

constexpr float kFar = 1e9f;  // beyond this a float step no longer fits the integer part
constexpr int64_t kBlock = 64;

// Where a run of crop pixels comes from: the left upper of four taps and the weights of the others.
struct Taps {
  int32_t x[kBlock], y[kBlock];  // from the start of the row
  float wx[kBlock], wy[kBlock];
};

FACESDK_CLONES void find_taps(const WarpRow& start, float step_x, float step_y, int64_t first, int count,
                              Taps& taps) {
  for (int i = 0; i < count; ++i) {
    const float column = static_cast<float>(static_cast<int32_t>(first) + i);
    const float fx = start.rest_x + step_x * column, fy = start.rest_y + step_y * column;
    const float near_x = fx > -kFar && fx < kFar ? fx : -kFar, near_y = fy > -kFar && fy < kFar ? fy : -kFar;
    const float floor_x = std::floor(near_x), floor_y = std::floor(near_y);
    taps.x[i] = static_cast<int32_t>(floor_x);
    taps.y[i] = static_cast<int32_t>(floor_y);
    taps.wx[i] = near_x - floor_x;
    taps.wy[i] = near_y - floor_y;
  }
}

// Near the picture's edge; what lies outside counts as black.
void add_border_sample(const WarpParams& p, int64_t x, int64_t y, float wx, float wy, float* rgb) {
  float taps[4][3] = {};
  for (int tap = 0; tap < 4; ++tap) {
    const int64_t tx = x + (tap & 1), ty = y + (tap >> 1);
    if (tx < 0 || tx >= p.width || ty < 0 || ty >= p.height) continue;
    const uint8_t* pixel = p.image + 3 * (ty * p.width + tx);
    for (int c = 0; c < 3; ++c) taps[tap][c] = pixel[c];
  }
  for (int c = 0; c < 3; ++c) rgb[c] += bilinear(taps[0][c], taps[1][c], taps[2][c], taps[3][c], wx, wy);
}

// Adds one sample of every pixel of the run.
FACESDK_CLONES void add_samples(const WarpParams& p, const WarpRow& start, const Taps& taps, int count,
                                float (*FACESDK_RESTRICT rgb)[3]) {
  for (int i = 0; i < count; ++i) {
    const int64_t x = start.x + taps.x[i], y = start.y + taps.y[i];
    if (x >= 0 && y >= 0 && x + 1 < p.width && y + 1 < p.height) {
      const uint8_t* top = p.image + 3 * (y * p.width + x);
      const uint8_t* bottom = top + 3 * p.width;
      for (int c = 0; c < 3; ++c) {
        rgb[i][c] += bilinear(top[c], top[c + 3], bottom[c], bottom[c + 3], taps.wx[i], taps.wy[i]);
      }
    } else if (x >= -1 && y >= -1 && x < p.width && y < p.height) {
      add_border_sample(p, x, y, taps.wx[i], taps.wy[i], rgb[i]);
    }
  }
}

void store(const WarpParams& p, int64_t row, int64_t column, int count, const float (*rgb)[3]) {
  const int64_t plane = p.size * p.size, at = row * p.size + column;
  const float mean = 1.0f / static_cast<float>(p.taps * p.taps);
  for (int i = 0; p.planes != nullptr && i < count; ++i) {
    for (int c = 0; c < 3; ++c) p.planes[c * plane + at + i] = rgb[i][c] * mean * (1.0f / 255.0f);
  }
  for (int i = 0; p.pixels != nullptr && i < count; ++i) {
    uint8_t* pixel = p.pixels + row * p.row_bytes + (column + i) * p.pixel_bytes;
    for (int c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>(rgb[i][c] * mean + 0.5f);
  }
}

void warp_rows(const WarpParams& p, int64_t begin, int64_t end) {
  const float step_x = static_cast<float>(p.inverse[0]), step_y = static_cast<float>(p.inverse[3]);
  Taps taps;
  alignas(16) float rgb[kBlock][3];
  for (int64_t row = begin; row < end; ++row) {
    for (int64_t first = 0; first < p.size; first += kBlock) {
      const int count = static_cast<int>(p.size - first < kBlock ? p.size - first : kBlock);
      std::fill(&rgb[0][0], &rgb[0][0] + 3 * kBlock, 0.0f);
      for (int32_t sample = 0; sample < p.taps * p.taps; ++sample) {
        const double dx = tap_offset(sample % p.taps, p.taps), dy = tap_offset(sample / p.taps, p.taps);
        const WarpRow start = warp_row(p.inverse, dx, static_cast<double>(row) + dy);
        find_taps(start, step_x, step_y, first, count, taps);
        add_samples(p, start, taps, count, rgb);
      }
      store(p, row, first, count, rgb);
    }
  }
}

}  // namespace

void warp_cpu(const WarpParams& p) {
  parallel_bands(p.size, p.threads, [&p](int64_t begin, int64_t end) { warp_rows(p, begin, end); });
}

}  // namespace facesdk
