#include <algorithm>
#include <vector>

#include "common/float4.h"
#include "common/simd_dispatch.h"
#include "common/thread_pool.h"
#include "common/workspace.h"
#include "ops/decode/decode.h"
#include "ops/decode/decode_math.h"
#include "ops/decode/int8_basis_sum.h"
#include "ops/decode/shape_blocks.h"

namespace facesdk {
namespace {

// The sum of a block stays in the first-level cache while the rows stream past.
constexpr int64_t kBlock = 2048;

struct AddRow {
  static FACESDK_HD void run(float* FACESDK_RESTRICT out, const float* FACESDK_RESTRICT row,
                             float coefficient, int64_t count) {
    for (int64_t i = 0; i < count; ++i) out[i] = blend_step(out[i], coefficient, row[i]);
  }
};

void blend_band(const BlendParams& p, int64_t begin, int64_t end) {
  for (int64_t block = begin; block < end; block += kBlock) {
    const int64_t count = std::min(kBlock, end - block);
    for (int64_t k = 0; k < p.rows; ++k) {
      if (p.coeffs[k] == 0.0f) continue;
      vectorized<AddRow>(p.out + block, p.bases + k * p.size + block, p.coeffs[k], count);
    }
  }
}

void blend_bytes(const BlendParams& p, int64_t begin, int64_t end) {
  Int8BasisSum sum;
  for (int64_t k = 0; k < p.rows; k += kMostRows) {
    round_row_weights(
        static_cast<int>(std::min<int64_t>(kMostRows, p.rows - k)), [&](int i) { return p.coeffs[k + i]; },
        [&](int i) { return p.bases_q + (k + i) * p.size + begin; }, sum);
    add_int8_rows(sum, end - begin, p.out + begin);
  }
}

void add_block(const ShapesParams& p, const ShapeBlock& of, ShapeBlockSum& sum, float* out) {
  const int64_t half = kInt8QuadBytes / 2 * (of.int8_quads + of.int4_octets);
  const int8_t* values = p.values + of.values;
  int quads = of.int8_quads, octets = of.int4_octets;
  for (int64_t entry = of.entry; quads + octets > 0;
       entry += padded(4 * sum.int8_quads) + padded(8 * sum.int4_octets)) {
    const ShapeCounts counts = next_counts(quads, octets);
    sum.int8_quads = counts.int8_quads, sum.int4_octets = counts.int4_octets;
    round_weights(p.coeffs, p.row + entry, p.step + entry, sum);
    add_shape_block(sum, values, out);
    add_shape_block(sum, values + half, out + kShapeBlock / 2);
    quads -= sum.int8_quads, octets -= sum.int4_octets;
    values += kInt8QuadBytes / 2 * (sum.int8_quads + sum.int4_octets);
  }
}

void add_shapes_band(const ShapesParams& p, int64_t begin, int64_t end) {
  ShapeBlockSum sum;
  for (int64_t block = begin; block < end; ++block) {
    const int64_t at = block * kShapeBlock, count = std::min(kShapeBlock, p.size - at);
    float padded[kShapeBlock];
    float* out = count == kShapeBlock ? p.out + at : padded;
    std::copy(p.base + at, p.base + at + count, out);
    add_block(p, p.blocks[block], sum, out);
    if (out == padded) std::copy(padded, padded + count, p.out + at);
  }
}

struct Subdivide {
  static FACESDK_HD void run(const SubdivideParams& p, const float* FACESDK_RESTRICT control, int64_t begin,
                             int64_t end) {
    const int32_t* FACESDK_RESTRICT idx = p.idx;
    const float* FACESDK_RESTRICT val = p.val;
    float* FACESDK_RESTRICT out = p.out;
    int32_t n = p.ptr[begin];
    for (int64_t v = begin; v < end; ++v) {
      Float4 sum = splat(0.0f);
      for (const int32_t stop = p.ptr[v + 1]; n < stop; ++n) {
        sum = subdivide_step(sum, splat(val[n]), load4(control + 4 * static_cast<int64_t>(idx[n])));
      }
      store3(out + 3 * v, sum);
    }
  }
};

struct Buffers {
  std::vector<float> control;  // (C, 4)
};

}  // namespace

void blend_cpu(const BlendParams& p) {
  parallel_bands(p.size, p.threads, [&p](int64_t begin, int64_t end) {
    std::copy(p.mean + begin, p.mean + end, p.out + begin);
    if (p.bases != nullptr) {
      blend_band(p, begin, end);
    } else {
      blend_bytes(p, begin, end);
    }
  });
}

void add_shapes_cpu(const ShapesParams& p) {
  const int64_t blocks = (p.size + kShapeBlock - 1) / kShapeBlock;
  parallel_bands(blocks, p.threads, [&p](int64_t begin, int64_t end) { add_shapes_band(p, begin, end); });
}

void subdivide_cpu(const SubdivideParams& p, Workspace& workspace) {
  // Padded to four floats a vertex: then each is one load within a cache line, the last one too.
  float* control = at_least(workspace.of<Buffers>().control, 4 * p.controls);
  const Rows3 rows(p.control, p.controls);
  for (int64_t c = 0; c < p.controls; ++c) store4(control + 4 * c, rows[c]);
  parallel_bands(p.verts, p.threads, [&](int64_t begin, int64_t end) {
    vectorized<Subdivide>(p, static_cast<const float*>(control), begin, end);
  });
}

}  // namespace facesdk
