// Local shapes four by four: the bytes of four shapes at one place lie side by side, which is what one
// instruction multiplies with four weights and adds, and a decode reads memory from one end to the other.
#pragma once

#include <cstdint>
#include <vector>

#include "common/streamed.h"
#include "ops/decode/decode.h"
#include "ops/decode/sum_rows.h"

namespace facesdk {

constexpr int64_t kQuadBytes = 4 * kShapeBlock;

// The entries of a block's quads, and those of its octets, are filled up to a multiple of what a vector
// holds.
constexpr int kPadded = 16;
constexpr int padded(int entries) { return (entries + kPadded - 1) / kPadded * kPadded; }

// What ShapesParams points to.
struct ShapeQuads {
  std::vector<ShapeRun> runs;
  std::vector<int32_t> row;
  std::vector<float> step;
  Streamed<int8_t> values;
};

// From entries ordered by block: ptr (blocks + 1,) first entry of each block, rising from 0; row (E,) and
// step (E,) of each entry; values (E, 256).
ShapeQuads arrange_shapes(const int32_t* ptr, int64_t blocks, const int32_t* row, const float* step,
                          const int8_t* values);

// Coefficients times steps as whole numbers, each rounded to 1/65024 of the largest, in the forms in which
// the instructions take them.
struct QuadSum {
  int quads, octets;           // kMostRows entries at most
  int16_t weights[kMostRows];  // -32512..32512
  int8_t high[kMostRows];      // weight = 256 * high + low
  int8_t low[kMostRows];
  int32_t total, small_total;  // of the weights of quads and of octets
  float step;  // unit of a sum of weight * value; NaN if a coefficient is not finite, 0 if nothing is to be
               // added
};

// Fills `sum` but for its counts. row and step are those of its entries.
void weigh_quads(const float* coeffs, const int32_t* row, const float* step, QuadSum& sum);

// out[i] += step * sum over the entries of weight * value[i], for the 128 numbers of half a block.
void add_quads(const QuadSum& sum, const int8_t* values, float* out);

}  // namespace facesdk
