#include "common/simd_dispatch.h"
#include "common/thread_pool.h"
#include "ops/shade/shade.h"
#include "ops/shade/shade_math.h"

namespace facesdk {
namespace {

constexpr int kBlock = 128;

// Coordinates apart in small blocks: then the compiler evaluates the basis for a whole vector of vertices.
struct Shade {
  static FACESDK_HD void run(const ShadeParams& p, int64_t begin, int64_t end) {
    float x[kBlock], y[kBlock], z[kBlock];
    float sh[27];
    for (int i = 0; i < 27; ++i) sh[i] = p.sh[i];
    for (int64_t block = begin; block < end; block += kBlock) {
      const int count = end - block < kBlock ? static_cast<int>(end - block) : kBlock;
      const float* FACESDK_RESTRICT normal = p.normals + 3 * block;
      for (int i = 0; i < count; ++i) {
        x[i] = normal[3 * i];
        y[i] = normal[3 * i + 1];
        z[i] = normal[3 * i + 2];
      }
      shade_block<kBlock>(sh, x, y, z, p.albedo + 3 * block, p.out + 3 * block, count);
    }
  }
};

}  // namespace

void shade_cpu(const ShadeParams& p) {
  parallel_bands(p.num_verts, p.threads,
                 [&p](int64_t begin, int64_t end) { vectorized<Shade>(p, begin, end); });
}

}  // namespace facesdk
