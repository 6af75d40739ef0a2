#include <algorithm>
#include <vector>

#include "common/simd_dispatch.h"
#include "common/thread_pool.h"
#include "common/workspace.h"
#include "ops/normals/normals.h"
#include "ops/shade/shade_math.h"
#include "ops/shade_and_project/shade_and_project.h"
#include "ops/shade_and_project/shade_and_project_math.h"

namespace facesdk {
namespace {

// Coordinates apart in small blocks: then the compiler treats a whole vector of vertices.
constexpr int kBlock = 64;

struct ShadeAndProject {
  static FACESDK_HD void run(const ShadeAndProjectParams& p, const float* FACESDK_RESTRICT sums,
                             int64_t begin, int64_t end) {
    float r[9], m[3], k[9], sh[27];
    for (int i = 0; i < 9; ++i) r[i] = p.rotation[i], k[i] = p.intrinsics[i];
    for (int i = 0; i < 3; ++i) m[i] = p.shift[i];
    for (int i = 0; i < 27; ++i) sh[i] = p.sh[i];
    float x[kBlock], y[kBlock], z[kBlock], at[3][kBlock];
    for (int64_t block = begin; block < end; block += kBlock) {
      const int count = static_cast<int>(end - block < kBlock ? end - block : kBlock);
      const float* FACESDK_RESTRICT vert = p.verts + 3 * block;
      const float* FACESDK_RESTRICT sum = sums + 4 * block;
      float* FACESDK_RESTRICT point = p.points + 3 * block;
      for (int i = 0; i < count; ++i) x[i] = vert[3 * i], y[i] = vert[3 * i + 1], z[i] = vert[3 * i + 2];
      for (int i = 0; i < count; ++i) {
        float q[3];
        project_vertex(r, m, k, x[i], y[i], z[i], q);
        at[0][i] = q[0], at[1][i] = q[1], at[2][i] = q[2];
      }
      for (int i = 0; i < count; ++i)
        point[3 * i] = at[0][i], point[3 * i + 1] = at[1][i], point[3 * i + 2] = at[2][i];
      for (int i = 0; i < count; ++i) z[i] = sum[4 * i], x[i] = sum[4 * i + 1], y[i] = sum[4 * i + 2];
      for (int i = 0; i < count; ++i) {
        float n[3];
        rotate_normal(r, x[i], y[i], z[i], n);
        x[i] = n[0], y[i] = n[1], z[i] = n[2];
      }
      shade_block<kBlock>(sh, x, y, z, p.albedo + 3 * block, p.colors + 3 * block, count);
    }
  }
};

struct Buffers {
  std::vector<float> sums;  // (V, 4) of sum_normals
};

}  // namespace

bool shade_and_project_cpu(const ShadeAndProjectParams& p, Workspace& workspace) {
  float* sums = at_least(workspace.of<Buffers>().sums, 4 * p.num_verts);
  const NormalsParams normals{p.verts, p.triangles, p.num_verts, p.num_triangles, nullptr, p.threads};
  if (!sum_normals(normals, sums)) return false;
  parallel_bands(p.num_verts, p.threads, [&](int64_t begin, int64_t end) {
    vectorized<ShadeAndProject>(p, static_cast<const float*>(sums), begin, end);
  });
  return true;
}

}  // namespace facesdk
