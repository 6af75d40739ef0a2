#include <algorithm>
#include <cstring>
#include <vector>

#include "common/simd_dispatch.h"
#include "common/thread_pool.h"
#include "ops/warp/warp.h"
#include "ops/warp/warp_math.h"

namespace facesdk {
namespace {

constexpr int64_t kBlock = 64;

// Where a run of crop pixels comes from: the left upper of four taps and the weights of the others.
struct Taps {
  int32_t x[kBlock], y[kBlock];  // from the start of the row
  float wx[kBlock], wy[kBlock];
};

FACESDK_HD void find_taps(const WarpRow& start, float step_x, float step_y, int64_t first, int count,
                          Taps* FACESDK_RESTRICT taps) {
  for (int i = 0; i < count; ++i) {
    const WarpTap tap = warp_tap(start, step_x, step_y, static_cast<int32_t>(first) + i);
    taps->x[i] = tap.x, taps->y[i] = tap.y;
    taps->wx[i] = tap.wx, taps->wy[i] = tap.wy;
  }
}

// The four picture pixels round each crop pixel of a run, four bytes each; the last is of the next pixel, so
// that they move as one word.
struct Corners {
  alignas(64) uint8_t top_left[4 * kBlock], top_right[4 * kBlock], bottom_left[4 * kBlock],
      bottom_right[4 * kBlock];
};

// Near the picture's edge; what lies outside counts as black.
void fetch_border(const WarpParams& p, int64_t x, int64_t y, int at, Corners& corners) {
  uint8_t* const to[4] = {corners.top_left, corners.top_right, corners.bottom_left, corners.bottom_right};
  for (int tap = 0; tap < 4; ++tap) {
    const int64_t tx = x + (tap & 1), ty = y + (tap >> 1);
    for (int c = 0; c < 3; ++c) to[tap][4 * at + c] = pixel_or_black(p.image, p.height, p.width, tx, ty, c);
    to[tap][4 * at + 3] = 0;
  }
}

FACESDK_HD void fetch(const WarpParams& p, const WarpRow& start, const Taps& taps, int count,
                      Corners& corners) {
  const int64_t row = 3 * p.width;
  // One test for both bounds of each: a negative number becomes a huge one.
  const uint64_t inner_width = static_cast<uint64_t>(std::max<int64_t>(p.width - 2, 0));
  const uint64_t inner_height = static_cast<uint64_t>(std::max<int64_t>(p.height - 1, 0));
  const uint8_t* const image = p.image;
  for (int i = 0; i < count; ++i) {
    const int64_t x = start.x + taps.x[i], y = start.y + taps.y[i];
    if (static_cast<uint64_t>(x) < inner_width && static_cast<uint64_t>(y) < inner_height) {
      const uint8_t* top = image + y * row + 3 * x;
      std::memcpy(corners.top_left + 4 * i, top, 4);
      std::memcpy(corners.top_right + 4 * i, top + 3, 4);
      std::memcpy(corners.bottom_left + 4 * i, top + row, 4);
      std::memcpy(corners.bottom_right + 4 * i, top + row + 3, 4);
    } else {
      fetch_border(p, x, y, i, corners);
    }
  }
}

FACESDK_HD void mix(const Corners& corners, const Taps& taps, int count, float* FACESDK_RESTRICT rgb) {
  alignas(64) float wx[4 * kBlock], wy[4 * kBlock];
  for (int i = 0; i < count; ++i) {
    for (int c = 0; c < 4; ++c) {
      wx[4 * i + c] = taps.wx[i];
      wy[4 * i + c] = taps.wy[i];
    }
  }
  for (int i = 0; i < 4 * count; ++i) {
    rgb[i] = bilinear(corners.top_left[i], corners.top_right[i], corners.bottom_left[i],
                      corners.bottom_right[i], wx[i], wy[i]);
  }
}

FACESDK_HD void store_planes(const float* FACESDK_RESTRICT rgb, int count, int64_t plane,
                             float* FACESDK_RESTRICT out) {
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < count; ++i) out[c * plane + i] = unit_of(rgb[4 * i + c]);
  }
}

// Four bytes a pixel, of which the last is not used, or three.
template <int kBytes>
FACESDK_HD void store_pixels(const float* FACESDK_RESTRICT rgb, int count, uint8_t* FACESDK_RESTRICT out) {
  for (int i = 0; i < count; ++i) {
    for (int c = 0; c < kBytes; ++c) out[kBytes * i + c] = nearest_byte(rgb[4 * i + c]);
  }
}

FACESDK_HD void store(const WarpParams& p, int64_t row, int64_t column, int count, const float* rgb) {
  if (p.planes != nullptr) {
    store_planes(rgb, count, p.size * p.size, p.planes + row * p.size + column);
  }
  if (p.pixels != nullptr) {
    uint8_t* out = p.pixels + row * p.row_bytes + column * p.pixel_bytes;
    p.pixel_bytes == 3 ? store_pixels<3>(rgb, count, out) : store_pixels<4>(rgb, count, out);
  }
}

struct WarpRows {
  static FACESDK_HD void run(const WarpParams& p, int64_t begin, int64_t end) {
    const float step_x = static_cast<float>(p.inverse[0]), step_y = static_cast<float>(p.inverse[3]);
    Taps taps;
    Corners corners;
    alignas(64) float rgb[4 * kBlock] = {};
    for (int64_t row = begin; row < end; ++row) {
      const WarpRow start = warp_row(p.inverse, 0.0, static_cast<double>(row));
      for (int64_t first = 0; first < p.size; first += kBlock) {
        const int count = static_cast<int>(p.size - first < kBlock ? p.size - first : kBlock);
        find_taps(start, step_x, step_y, first, count, &taps);
        fetch(p, start, taps, count, corners);
        mix(corners, taps, count, rgb);
        store(p, row, first, count, rgb);
      }
    }
  }
};

struct AddRow {
  static FACESDK_HD void run(const uint8_t* FACESDK_RESTRICT from, int64_t count,
                             uint16_t* FACESDK_RESTRICT sums) {
    for (int64_t i = 0; i < count; ++i) sums[i] = static_cast<uint16_t>(sums[i] + from[i]);
  }
};

// across[i] = sums[i] + sums[i + 3] + ... : each pixel with the factor - 1 after it.
struct AddAcross {
  static FACESDK_HD void run(const uint16_t* FACESDK_RESTRICT sums, int64_t count, int32_t factor,
                             uint16_t* FACESDK_RESTRICT across) {
    for (int64_t i = 0; i < count; ++i) across[i] = static_cast<uint16_t>(sums[i] + sums[i + 3]);
    for (int32_t k = 2; k < factor; ++k) {
      const uint16_t* shifted = sums + 3 * k;
      for (int64_t i = 0; i < count; ++i) across[i] = static_cast<uint16_t>(across[i] + shifted[i]);
    }
  }
};

// Numbers that a band of rows needs; of each, one for every channel of the window's pixels.
int64_t row_numbers(const WarpParams& p, const CellWindow& window) {
  return 3 * (window.x1 - window.x0 + 1) * p.factor;
}

void reduce_rows(const WarpParams& p, const CellWindow& window, uint8_t* out, int64_t begin, int64_t end,
                 uint16_t* memory) {
  const int64_t cells = window.x1 - window.x0, first = window.x0 * p.factor;
  const int64_t pixels = std::min(p.width - first, cells * p.factor);  // the last cell may reach outside
  const int64_t wide = row_numbers(p, window);
  uint16_t *sums = memory, *across = sums + wide;
  const uint32_t count = static_cast<uint32_t>(p.factor * p.factor);
  const uint64_t inverse_count = inverse_of_count(count);
  for (int64_t row = begin; row < end; ++row) {
    std::fill(sums, sums + wide, uint16_t{0});
    const int64_t top = (window.y0 + row) * p.factor;
    for (int64_t y = top; y < std::min(p.height, top + p.factor); ++y) {
      vectorized<AddRow>(p.image + 3 * (y * p.width + first), 3 * pixels, sums);
    }
    vectorized<AddAcross>(static_cast<const uint16_t*>(sums), 3 * cells * p.factor, p.factor, across);
    uint8_t* to = out + 3 * row * cells;
    for (int64_t cell = 0; cell < cells; ++cell) {
      for (int c = 0; c < 3; ++c)
        to[3 * cell + c] = mean_byte(across[3 * cell * p.factor + c], count, inverse_count);
    }
  }
}

struct Buffers {
  std::vector<uint8_t> reduced;  // the window, (rows, columns, 3)
  std::vector<uint16_t> rows;    // of each band, as reduce_rows needs them
};

}  // namespace

void reserve_warp(int64_t size, int64_t width, Workspace& workspace) {
  Buffers& buffers = workspace.of<Buffers>();
  // The reduced picture has up to two pixels for one of a crop that may be turned by 45 degrees; each of
  // them is of at most 16 x 16.
  const int64_t side = 3 * size + 8;
  at_least(buffers.reduced, 3 * side * side + 4);
  at_least(buffers.rows, 6 * (width + 2 * 16));
}

void warp_cpu(const WarpParams& p, Workspace& workspace) {
  WarpParams reduced = p;
  if (p.factor > 1) {
    reduce_map(p.inverse, p.factor, reduced.inverse);
    const CellWindow window = touched_cells(p.width, p.height, p.factor, p.size, reduced.inverse);
    Buffers& buffers = workspace.of<Buffers>();
    const int64_t rows = window.y1 - window.y0, cells = window.x1 - window.x0;
    uint8_t* const out = at_least(buffers.reduced, 3 * rows * cells + 4);
    const int64_t numbers = 2 * row_numbers(p, window), bands = std::min<int64_t>(p.threads, rows);
    uint16_t* const memory = at_least(buffers.rows, bands * numbers);
    parallel_tasks(bands, p.threads, [&](int64_t band, int) {
      reduce_rows(p, window, out, rows * band / bands, rows * (band + 1) / bands, memory + band * numbers);
    });
    reduced.image = out;
    reduced.width = cells;
    reduced.height = rows;
    reduced.inverse[2] -= static_cast<double>(window.x0);
    reduced.inverse[5] -= static_cast<double>(window.y0);
  }
  parallel_bands(p.size, p.threads,
                 [&](int64_t begin, int64_t end) { vectorized<WarpRows>(reduced, begin, end); });
}

}  // namespace facesdk
