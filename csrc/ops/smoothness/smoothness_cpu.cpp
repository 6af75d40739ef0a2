#include <algorithm>
#include <vector>

#include "common/thread_pool.h"
#include "ops/smoothness/smoothness.h"
#include "ops/smoothness/smoothness_math.h"

namespace facesdk {
namespace {

void umbrella_blocks(const SmoothnessParams& p, float* delta, double* sums, int64_t first, int64_t last) {
  for (int64_t block = first; block < last; ++block) {
    double sum = 0.0;
    const int64_t end = std::min(p.num_verts, (block + 1) * kSmoothnessBlock);
    for (int64_t i = block * kSmoothnessBlock; i < end; ++i) {
      float* d = delta + 3 * i;
      umbrella(p.verts, p.adj_idx + p.adj_ptr[i], p.adj_ptr[i + 1] - p.adj_ptr[i], p.verts + 3 * i, d);
      for (int axis = 0; axis < 3; ++axis) sum += squared(d[axis]);
    }
    sums[block] = sum;
  }
}

void gradient_range(const SmoothnessParams& p, const float* delta, int64_t begin, int64_t end) {
  const float scale = 2.0f / static_cast<float>(p.num_verts);
  for (int64_t i = begin; i < end; ++i) {
    umbrella_adjoint(delta, p.adj_ptr, p.adj_idx, i, scale, p.gradient + 3 * i);
  }
}

struct Buffers {
  std::vector<float> delta;  // (V, 3)
  std::vector<double> sums;  // of each block
};

}  // namespace

void smoothness_cpu(const SmoothnessParams& p, Workspace& workspace) {
  const int64_t blocks = (p.num_verts + kSmoothnessBlock - 1) / kSmoothnessBlock;
  Buffers& buffers = workspace.of<Buffers>();
  float* const delta = at_least(buffers.delta, 3 * p.num_verts);
  double* const sums = at_least(buffers.sums, blocks);
  parallel_bands(blocks, p.threads,
                 [&](int64_t first, int64_t last) { umbrella_blocks(p, delta, sums, first, last); });
  parallel_bands(p.num_verts, p.threads,
                 [&](int64_t begin, int64_t end) { gradient_range(p, delta, begin, end); });
  double total = 0.0;
  for (int64_t block = 0; block < blocks; ++block) total += sums[block];
  *p.value = p.num_verts > 0 ? total / static_cast<double>(p.num_verts) : 0.0;
}

}  // namespace facesdk
