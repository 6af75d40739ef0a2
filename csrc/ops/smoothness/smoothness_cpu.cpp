#include <algorithm>
#include <vector>

#include "common/thread_pool.h"
#include "ops/smoothness/smoothness.h"
#include "ops/smoothness/smoothness_math.h"

namespace facesdk {
namespace {

// Sums are taken per block of this many vertices and the blocks then in order: the cut into threads never
// changes the order of additions.
constexpr int64_t kBlock = 1024;

void umbrella_blocks(const SmoothnessParams& p, float* delta, double* sums, int64_t first, int64_t last) {
  for (int64_t block = first; block < last; ++block) {
    double sum = 0.0;
    const int64_t end = std::min(p.num_verts, (block + 1) * kBlock);
    for (int64_t i = block * kBlock; i < end; ++i) {
      float* d = delta + 3 * i;
      umbrella(p.verts, p.adj_idx + p.adj_ptr[i], p.adj_ptr[i + 1] - p.adj_ptr[i], p.verts + 3 * i, d);
      for (int axis = 0; axis < 3; ++axis) sum += static_cast<double>(d[axis]) * d[axis];
    }
    sums[block] = sum;
  }
}

// The neighbour list is symmetric, so the vertices that see i are the ones that i sees: gather, no scatter.
void gradient_range(const SmoothnessParams& p, const float* delta, int64_t begin, int64_t end) {
  const float scale = 2.0f / static_cast<float>(p.num_verts);
  for (int64_t i = begin; i < end; ++i) {
    float sum[3] = {delta[3 * i], delta[3 * i + 1], delta[3 * i + 2]};
    for (int32_t n = p.adj_ptr[i]; n < p.adj_ptr[i + 1]; ++n) {
      const int64_t j = p.adj_idx[n];
      const float weight = 1.0f / static_cast<float>(p.adj_ptr[j + 1] - p.adj_ptr[j]);
      for (int axis = 0; axis < 3; ++axis) sum[axis] -= delta[3 * j + axis] * weight;
    }
    for (int axis = 0; axis < 3; ++axis) p.gradient[3 * i + axis] = sum[axis] * scale;
  }
}

struct Buffers {
  std::vector<float> delta;  // (V, 3)
  std::vector<double> sums;  // of each block
};

}  // namespace

void smoothness_cpu(const SmoothnessParams& p, Workspace& workspace) {
  const int64_t blocks = (p.num_verts + kBlock - 1) / kBlock;
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
