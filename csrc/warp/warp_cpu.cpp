#include "common/parallel.h"
#include "warp/warp.h"
#include "warp/warp_math.h"

namespace facesdk {
namespace {

constexpr float kFar = 1e9f;  // beyond this a float step no longer fits the integer part

struct Sample {
  float rgb[3];
};

// Four taps; those outside the picture count as black.
Sample sample_border(const WarpParams& p, int64_t x, int64_t y, float wx, float wy) {
  float taps[4][3] = {};
  for (int tap = 0; tap < 4; ++tap) {
    const int64_t tx = x + (tap & 1), ty = y + (tap >> 1);
    if (tx < 0 || tx >= p.width || ty < 0 || ty >= p.height) continue;
    const uint8_t* pixel = p.image + 3 * (ty * p.width + tx);
    for (int c = 0; c < 3; ++c) taps[tap][c] = pixel[c];
  }
  Sample out;
  for (int c = 0; c < 3; ++c) {
    out.rgb[c] = bilinear(taps[0][c], taps[1][c], taps[2][c], taps[3][c], wx, wy);
  }
  return out;
}

Sample sample_inside(const WarpParams& p, int64_t x, int64_t y, float wx, float wy) {
  const uint8_t* top = p.image + 3 * (y * p.width + x);
  const uint8_t* bottom = top + 3 * p.width;
  Sample out;
  for (int c = 0; c < 3; ++c) {
    out.rgb[c] = bilinear(top[c], top[c + 3], bottom[c], bottom[c + 3], wx, wy);
  }
  return out;
}

void store(const WarpParams& p, int64_t at, const Sample& sample) {
  const int64_t plane = p.size * p.size;
  for (int c = 0; c < 3; ++c) {
    if (p.planes != nullptr) p.planes[c * plane + at] = sample.rgb[c] * (1.0f / 255.0f);
    if (p.pixels != nullptr) p.pixels[3 * at + c] = static_cast<uint8_t>(sample.rgb[c] + 0.5f);
  }
}

void warp_rows(const WarpParams& p, int64_t begin, int64_t end) {
  const float step_x = static_cast<float>(p.inverse[0]), step_y = static_cast<float>(p.inverse[3]);
  for (int64_t row = begin; row < end; ++row) {
    const WarpRow start = warp_row(p.inverse, row);
    for (int64_t column = 0; column < p.size; ++column) {
      const float fx = start.rest_x + step_x * static_cast<float>(column);
      const float fy = start.rest_y + step_y * static_cast<float>(column);
      Sample sample = {};
      if (std::fabs(fx) < kFar && std::fabs(fy) < kFar) {
        const float floor_x = std::floor(fx), floor_y = std::floor(fy);
        const int64_t x = start.x + static_cast<int64_t>(floor_x),
                      y = start.y + static_cast<int64_t>(floor_y);
        if (x >= 0 && y >= 0 && x + 1 < p.width && y + 1 < p.height) {
          sample = sample_inside(p, x, y, fx - floor_x, fy - floor_y);
        } else if (x >= -1 && y >= -1 && x < p.width && y < p.height) {
          sample = sample_border(p, x, y, fx - floor_x, fy - floor_y);
        }
      }
      store(p, row * p.size + column, sample);
    }
  }
}

}  // namespace

void warp_cpu(const WarpParams& p) {
  parallel_bands(p.size, p.threads, [&p](int64_t begin, int64_t end) { warp_rows(p, begin, end); });
}

}  // namespace facesdk
