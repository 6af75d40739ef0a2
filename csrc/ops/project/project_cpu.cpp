#include "common/simd_dispatch.h"
#include "common/thread_pool.h"
#include "ops/project/project.h"
#include "ops/project/project_math.h"

namespace facesdk {
namespace {

struct Transform {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT in, const float* FACESDK_RESTRICT r,
                             const float* FACESDK_RESTRICT m, float* FACESDK_RESTRICT out, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      transform_point(r, m, in[3 * i], in[3 * i + 1], in[3 * i + 2], out + 3 * i);
    }
  }
};

struct Project {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT in, const float* FACESDK_RESTRICT k,
                             float* FACESDK_RESTRICT out, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      project_point(k, in[3 * i], in[3 * i + 1], in[3 * i + 2], out + 3 * i);
    }
  }
};

struct Unproject {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT in, const float* FACESDK_RESTRICT k,
                             float* FACESDK_RESTRICT out, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      unproject_point(k, in[3 * i], in[3 * i + 1], in[3 * i + 2], out + 3 * i);
    }
  }
};

}  // namespace

void transform_cpu(const TransformParams& p) {
  parallel_bands(p.num_verts, p.threads, [&p](int64_t begin, int64_t end) {
    vectorized<Transform>(p.verts + 3 * begin, p.rotation, p.shift, p.out + 3 * begin, end - begin);
  });
}

void project_cpu(const ProjectParams& p) {
  parallel_bands(p.num_verts, p.threads, [&p](int64_t begin, int64_t end) {
    vectorized<Project>(p.verts + 3 * begin, p.intrinsics, p.out + 3 * begin, end - begin);
  });
}

void unproject_cpu(const ProjectParams& p) {
  parallel_bands(p.num_verts, p.threads, [&p](int64_t begin, int64_t end) {
    vectorized<Unproject>(p.verts + 3 * begin, p.intrinsics, p.out + 3 * begin, end - begin);
  });
}

}  // namespace facesdk
