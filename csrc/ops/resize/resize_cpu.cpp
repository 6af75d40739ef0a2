#include <algorithm>
#include <cstring>
#include <vector>

#include "common/simd_dispatch.h"
#include "common/workspace.h"
#include "ops/resize/resize.h"
#include "ops/resize/resize_math.h"

namespace facesdk {
namespace {

constexpr int64_t kSlack = 64;  // numbers behind a row that may be read and written

// The first rows of a cell, or two more.
struct AddRows {
  static FACESDK_HD void run(const uint8_t* FACESDK_RESTRICT upper, const uint8_t* FACESDK_RESTRICT lower,
                             int64_t count, uint16_t* FACESDK_RESTRICT sums, bool more) {
    for (int64_t i = 0; i < count; ++i) {
      sums[i] = static_cast<uint16_t>((more ? sums[i] : 0) + upper[i] + lower[i]);
    }
  }
};

struct Copy {
  static FACESDK_HD void run(const uint8_t* FACESDK_RESTRICT from, int64_t count,
                             uint16_t* FACESDK_RESTRICT out) {
    for (int64_t i = 0; i < count; ++i) out[i] = from[i];
  }
};

// Adds to each number the one at `distance`.
struct AddPairs {
  static FACESDK_HD void run(uint16_t* sums, int64_t count, int64_t distance, bool halve) {
    for (int64_t i = 0; i < count; ++i) {
      const int32_t both = sums[i] + sums[i + distance];
      sums[i] = static_cast<uint16_t>(halve ? both >> 1 : both);
    }
  }
};

// The first three numbers of each cell, with the last pair of them added.
struct Pick {
  static FACESDK_HD void run(const uint16_t* FACESDK_RESTRICT sums, int64_t cells, int halvings,
                             int16_t* FACESDK_RESTRICT out) {
    const int64_t step = int64_t{3} << halvings, distance = step / 2;
    const int bits = 2 * std::min(halvings, kMostHalvingsExact);
    if (halvings > kMostHalvingsExact) {
      for (int64_t x = 0; x < cells; ++x) {
        for (int c = 0; c < 3; ++c) {
          const int32_t both = sums[step * x + c] + sums[step * x + distance + c];
          out[3 * x + c] = static_cast<int16_t>(both >> (1 + bits - kCellBits));
        }
      }
      return;
    }
    // Four at a time, in one word, where no sum carries: the fourth is written over by the next cell.
    const int left = std::max(0, kCellBits - bits), right = std::max(0, bits - kCellBits);
    const uint64_t mask = (uint64_t{0xffff} >> right) * 0x0001000100010001u;
    for (int64_t x = 0; x < cells; ++x) {
      uint64_t four, other = 0;
      std::memcpy(&four, sums + step * x, sizeof four);
      if (halvings > 0) std::memcpy(&other, sums + step * x + distance, sizeof other);
      four = (((four + other) << left) >> right) & mask;
      std::memcpy(out + 3 * x, &four, sizeof four);
    }
  }
};

struct ShiftRight {
  static FACESDK_HD void run(uint16_t* sums, int64_t count, int bits) {
    for (int64_t i = 0; i < count; ++i) sums[i] = static_cast<uint16_t>(sums[i] >> bits);
  }
};

struct Blend {
  static FACESDK_HD void run(const int16_t* FACESDK_RESTRICT a, const int16_t* FACESDK_RESTRICT b,
                             int16_t share, int64_t count, int16_t* FACESDK_RESTRICT out) {
    for (int64_t i = 0; i < count; ++i) out[i] = toward(a[i], b[i], share);
  }
};

// The cells before and after each pixel of a row, four numbers each, of which the last is the next cell's.
struct Gather {
  static FACESDK_HD void run(const int16_t* FACESDK_RESTRICT cells, const int32_t* FACESDK_RESTRICT from,
                             int64_t count, int16_t* FACESDK_RESTRICT before,
                             int16_t* FACESDK_RESTRICT after) {
    for (int64_t x = 0; x < count; ++x) {
      std::memcpy(before + 4 * x, cells + from[x], 4 * sizeof *cells);
      std::memcpy(after + 4 * x, cells + from[x] + 3, 4 * sizeof *cells);
    }
  }
};

struct Across {
  static FACESDK_HD void run(const int16_t* FACESDK_RESTRICT before, const int16_t* FACESDK_RESTRICT after,
                             const int16_t* FACESDK_RESTRICT share, int64_t count,
                             uint8_t* FACESDK_RESTRICT out) {
    for (int64_t i = 0; i < count; ++i) {
      const uint8_t value = byte_of(toward(before[i], after[i], share[i]));
      out[i] = (i & 3) == 3 ? 0 : value;
    }
  }
};

struct Buffers {
  std::vector<int16_t> rows[2], between, before, after, share;
  std::vector<uint16_t> sums;
  std::vector<int32_t> from;
};

// Rows of cells; the last two are cached.
class Cells {
 public:
  Cells(const ResizeParams& p, Buffers& own) : p_(p), columns_(p.width >> p.halvings) {
    for (int i = 0; i < 2; ++i) rows_[i] = at_least(own.rows[i], 3 * columns_ + kSlack);
    sums_ = at_least(own.sums, (3 * (columns_ + 1) << p.halvings) + kSlack);
  }

  const int16_t* row(int64_t number) {
    const int64_t slot = number & 1;
    if (held_[slot] != number) fill(number, rows_[slot]);
    held_[slot] = number;
    return rows_[slot];
  }

 private:
  void fill(int64_t number, int16_t* out) {
    const int k = p_.halvings, over = std::max(0, k - kMostHalvingsExact);
    const int64_t count = 3 * columns_ << k;
    uint16_t* sums = sums_;
    const int64_t stride = 3 * p_.width;
    const uint8_t* top = p_.image + stride * (number << k);
    if (k == 0) vectorized<Copy>(top, count, sums);
    for (int64_t y = 0; y < int64_t{1} << k && k > 0; y += 2) {
      vectorized<AddRows>(top + stride * y, top + stride * (y + 1), count, sums, y > 0);
    }
    if (over > 0) vectorized<ShiftRight>(sums, count, over);
    for (int pass = 0; pass < k - 1; ++pass) {
      vectorized<AddPairs>(sums, count, int64_t{3} << pass, pass >= kMostHalvingsExact);
    }
    vectorized<Pick>(static_cast<const uint16_t*>(sums), columns_, k, out);
    for (int c = 0; c < 3; ++c) out[3 * columns_ + c] = out[3 * columns_ + c - 3];
  }

  const ResizeParams& p_;
  int64_t columns_, held_[2] = {-1, -1};
  int16_t* rows_[2];
  uint16_t* sums_;
};

}  // namespace

void resize_cpu(const ResizeParams& p, Workspace& workspace) {
  const int64_t columns = p.width >> p.halvings, rows = p.height >> p.halvings;
  Buffers& own = workspace.of<Buffers>();
  Cells cells(p, own);
  const int64_t wide = 4 * p.columns;
  int32_t* const from = at_least(own.from, p.columns);
  int16_t *const share = at_least(own.share, wide), *const before = at_least(own.before, wide);
  int16_t* const after = at_least(own.after, wide);
  int16_t* const between = at_least(own.between, 3 * columns + kSlack);
  for (int64_t x = 0; x < p.columns; ++x) {
    const Tap tap = tap_of(x, p.columns, columns);
    from[x] = 3 * tap.cell;
    std::fill_n(share + 4 * x, 4, tap.share);
  }
  for (int64_t y = 0; y < p.rows; ++y) {
    const Tap tap = tap_of(y, p.rows, rows);
    const int16_t* above = cells.row(tap.cell);
    const int16_t* below = cells.row(std::min<int64_t>(tap.cell + 1, rows - 1));
    vectorized<Blend>(above, below, tap.share, 3 * columns + 3, between);
    uint8_t* out = p.out + y * p.row_bytes;
    vectorized<Gather>(between, from, p.columns, before, after);
    vectorized<Across>(before, after, share, wide, out);
    std::fill(out + 4 * p.columns, out + 4 * p.out_width, uint8_t{0});
  }
  for (int64_t y = p.rows; y < p.out_height; ++y) {
    std::fill_n(p.out + y * p.row_bytes, 4 * p.out_width, uint8_t{0});
  }
}

}  // namespace facesdk
