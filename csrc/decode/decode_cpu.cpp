#include <algorithm>

#include "common/hd.h"
#include "common/parallel.h"
#include "decode/decode.h"
#include "decode/decode_math.h"

namespace facesdk {
namespace {

// The sum of a block stays in the first-level cache while the rows stream past.
constexpr int64_t kBlock = 2048;

FACESDK_CLONES void add_row(float* FACESDK_RESTRICT out, const float* FACESDK_RESTRICT row, float coefficient,
                            int64_t count) {
  for (int64_t i = 0; i < count; ++i) out[i] = blend_step(out[i], coefficient, row[i]);
}

FACESDK_CLONES void add_row_q(float* FACESDK_RESTRICT out, const int8_t* FACESDK_RESTRICT row,
                              float coefficient, int64_t count) {
  for (int64_t i = 0; i < count; ++i) out[i] = blend_step(out[i], coefficient, static_cast<float>(row[i]));
}

void blend_band(const BlendParams& p, int64_t begin, int64_t end) {
  for (int64_t block = begin; block < end; block += kBlock) {
    const int64_t count = std::min(kBlock, end - block);
    float* out = p.out + block;
    std::copy(p.mean + block, p.mean + block + count, out);
    for (int64_t k = 0; k < p.rows; ++k) {
      const float coefficient = p.coeffs[k];
      if (coefficient == 0.0f) continue;
      const int64_t offset = k * p.size + block;
      if (p.bases != nullptr) {
        add_row(out, p.bases + offset, coefficient, count);
      } else {
        add_row_q(out, p.bases_q + offset, coefficient, count);
      }
    }
  }
}

void subdivide_band(const SubdivideParams& p, int64_t begin, int64_t end) {
  for (int64_t v = begin; v < end; ++v) {
    float sum[3] = {0.0f, 0.0f, 0.0f};
    for (int32_t n = p.ptr[v]; n < p.ptr[v + 1]; ++n) {
      subdivide_step(sum, p.val[n], p.control + 3 * static_cast<int64_t>(p.idx[n]));
    }
    std::copy(sum, sum + 3, p.out + 3 * v);
  }
}

}  // namespace

void blend_cpu(const BlendParams& p) {
  parallel_bands(p.size, p.threads, [&p](int64_t begin, int64_t end) { blend_band(p, begin, end); });
}

void subdivide_cpu(const SubdivideParams& p) {
  parallel_bands(p.verts, p.threads, [&p](int64_t begin, int64_t end) { subdivide_band(p, begin, end); });
}

}  // namespace facesdk
