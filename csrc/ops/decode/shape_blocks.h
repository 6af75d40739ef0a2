// Local shapes in interleaved int8 and int4 blocks: the bytes of four shapes at one place lie side by side,
// which one dot-product instruction multiplies with four weights and adds; a decode reads memory
// sequentially.
#pragma once

#include <cstdint>
#include <vector>

#include "common/streamed.h"
#include "ops/decode/decode.h"
#include "ops/decode/int8_basis_sum.h"

namespace facesdk {

static_assert(kInt8QuadBytes == 4 * kShapeBlock);

// What ShapesParams points to.
struct ShapeBlocks {
  std::vector<ShapeBlock> blocks;
  std::vector<int32_t> row;
  std::vector<float> step;
  Streamed<int8_t> values;
};

// From entries ordered by block: ptr (blocks + 1,) first entry of each block, rising from 0; row (E,) and
// step (E,) of each entry; values (E, 256).
ShapeBlocks pack_shape_blocks(const int32_t* ptr, int64_t blocks, const int32_t* row, const float* step,
                              const int8_t* values);

// Coefficients times steps as whole numbers, each rounded to 1/65024 of the largest, in the forms in which
// the instructions take them.
struct ShapeBlockSum {
  int int8_quads, int4_octets;  // kMostRows entries at most
  int16_t weights[kMostRows];   // -32512..32512
  int8_t high[kMostRows];       // weight = 256 * high + low
  int8_t low[kMostRows];
  int32_t int8_total, int4_total;  // sums of the weights of quads and of octets
  float step;  // unit of a sum of weight * value; NaN if a coefficient is not finite, 0 if nothing is to be
               // added
};

// Fills `sum` but for its counts. row and step are those of its entries.
void round_weights(const float* coeffs, const int32_t* row, const float* step, ShapeBlockSum& sum);

// out[i] += step * sum over the entries of weight * value[i], for the 128 numbers of half a block.
void add_shape_block(const ShapeBlockSum& sum, const int8_t* values, float* out);

}  // namespace facesdk
