#include <algorithm>

#include "common/parallel.h"
#include "normals/normals.h"
#include "normals/normals_math.h"

namespace facesdk {
namespace {

FACESDK_CLONES void normalize_range(float* out, int64_t begin, int64_t end) {
  for (int64_t v = begin; v < end; ++v) normalize3(out + 3 * v);
}

void add_all(const NormalsParams& p) {
  for (int64_t t = 0; t < p.num_triangles; ++t) {
    const int32_t* index = p.triangles + 3 * t;
    const int64_t a = 3 * static_cast<int64_t>(index[0]), b = 3 * static_cast<int64_t>(index[1]),
                  c = 3 * static_cast<int64_t>(index[2]);
    float cross[3];
    triangle_cross(p.verts + a, p.verts + b, p.verts + c, cross);
    add3(p.out + a, cross);
    add3(p.out + b, cross);
    add3(p.out + c, cross);
  }
}

// Each band owns a range of vertices and passes over all triangles in order, so that a vertex gets its
// terms in the same order whatever the number of bands.
void add_owned(const NormalsParams& p, int64_t begin, int64_t end) {
  const auto owned = [begin, end](int32_t v) { return v >= begin && v < end; };
  for (int64_t t = 0; t < p.num_triangles; ++t) {
    const int32_t* index = p.triangles + 3 * t;
    if (!owned(index[0]) && !owned(index[1]) && !owned(index[2])) continue;
    float cross[3];
    triangle_cross(p.verts + 3 * static_cast<int64_t>(index[0]), p.verts + 3 * static_cast<int64_t>(index[1]),
                   p.verts + 3 * static_cast<int64_t>(index[2]), cross);
    for (int corner = 0; corner < 3; ++corner) {
      if (owned(index[corner])) add3(p.out + 3 * static_cast<int64_t>(index[corner]), cross);
    }
  }
}

}  // namespace

void normals_cpu(const NormalsParams& p) {
  std::fill(p.out, p.out + 3 * p.num_verts, 0.0f);
  parallel_bands(p.num_verts, p.threads, [&p](int64_t begin, int64_t end) {
    if (begin == 0 && end == p.num_verts) {
      add_all(p);
    } else {
      add_owned(p, begin, end);
    }
    normalize_range(p.out, begin, end);
  });
}

}  // namespace facesdk
