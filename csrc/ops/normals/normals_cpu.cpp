#include <algorithm>
#include <atomic>
#include <vector>

#include "common/float4.h"
#include "common/simd_dispatch.h"
#include "common/thread_pool.h"
#include "common/workspace.h"
#include "ops/normals/normals.h"
#include "ops/normals/normals_math.h"

namespace facesdk {
namespace {

FACESDK_HD void add_to(float* sums, int32_t v, Float4 term) {
  float* sum = sums + 4 * static_cast<int64_t>(v);
  store4(sum, load4(sum) + term);
}

template <bool whole>
struct Sums {
  float* FACESDK_RESTRICT to;  // (V, 4)
  int64_t begin, end;          // whose sums are written, unless those of all are
  FACESDK_HD void operator()(int32_t v, Float4 term) const {
    if (whole || (v >= begin && v < end)) add_to(to, v, term);
  }
};

// All triangles pass by in order, so that a vertex gets its terms in the same order whatever the bands: only
// the sums of the vertices [begin, end) are written. Two triangles that follow each other as the halves (a,
// b, c) and (a, c, d) of a quad share the work on their diagonal, eight of a fan that on their spokes.
struct AddTriangles {
  static FACESDK_HD void run(const NormalsParams& p, int64_t begin, int64_t end, float* FACESDK_RESTRICT sums,
                             bool* fits) {
    *fits = begin == 0 && end == p.num_verts ? add(p, Sums<true>{sums, begin, end})
                                             : add(p, Sums<false>{sums, begin, end});
  }

 private:
  template <bool whole>
  static FACESDK_HD bool add(const NormalsParams& p, Sums<whole> sums) {
    const float* FACESDK_RESTRICT rows = p.verts;
    const int64_t count = p.num_triangles;
    const Rows3 verts(rows, p.num_verts);
    const uint32_t last = static_cast<uint32_t>(p.num_verts - 1);  // cannot be read as four floats
    const auto read = [&](int32_t v) { return load4(rows + 3 * static_cast<int64_t>(v)); };
    for (int64_t t = 0; t < count;) {
      const int32_t* index = p.triangles + 3 * t;
      const int group = group_size(index, count - t, p.num_verts);
      t += group;
      if (group == kFan) {
        const Float4 middle = read(index[2]);
        Float4 corner[4], edge[4];
        for (int q = 0; q < 4; ++q) {
          corner[q] = read(index[6 * q]) - middle, edge[q] = read(index[6 * q + 1]) - middle;
        }
        add_fan(corner, edge, index, sums);
        continue;
      }
      const bool quad = group == 2;
      const int32_t a = index[0], b = index[1], c = index[2], d = quad ? index[5] : c;
      const uint32_t most = std::max(std::max(static_cast<uint32_t>(a), static_cast<uint32_t>(b)),
                                     std::max(static_cast<uint32_t>(c), static_cast<uint32_t>(d)));
      if (most > last) return false;
      const bool inner = most < last;
      const Float4 pa = inner ? read(a) : verts[a], pb = inner ? read(b) : verts[b];
      const Float4 pc = inner ? read(c) : verts[c], pd = inner ? read(d) : verts[d];
      add_quad(pa, pb, pc, pd, quad, index, sums);
    }
    return true;
  }
};

struct Normalize {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT sums, float* FACESDK_RESTRICT out, int64_t count) {
    for (int64_t v = 0; v < count; ++v) {
      unit_normal(sums[4 * v], sums[4 * v + 1], sums[4 * v + 2], out + 3 * v);
    }
  }
};

struct Buffers {
  std::vector<float> sums;  // (V, 4)
};

}  // namespace

bool sum_normals(const NormalsParams& p, float* sums) {
  std::atomic<bool> fits{true};
  parallel_bands(p.num_verts, p.threads, [&](int64_t begin, int64_t end) {
    std::fill(sums + 4 * begin, sums + 4 * end, 0.0f);
    bool own;
    vectorized<AddTriangles>(p, begin, end, sums, &own);
    if (!own) fits = false;
  });
  return fits;
}

bool normals_cpu(const NormalsParams& p, Workspace& workspace) {
  float* sums = at_least(workspace.of<Buffers>().sums, 4 * p.num_verts);
  if (!sum_normals(p, sums)) return false;
  parallel_bands(p.num_verts, p.threads, [&](int64_t begin, int64_t end) {
    vectorized<Normalize>(static_cast<const float*>(sums + 4 * begin), p.out + 3 * begin, end - begin);
  });
  return true;
}

}  // namespace facesdk
