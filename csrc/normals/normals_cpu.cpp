#include <algorithm>
#include <atomic>
#include <vector>

#include "common/float4.h"
#include "common/parallel.h"
#include "common/vectorize.h"
#include "normals/normals.h"
#include "normals/normals_math.h"

namespace facesdk {
namespace {

FACESDK_HD void add_to(float* sums, int32_t v, Float4 term) {
  float* sum = sums + 4 * static_cast<int64_t>(v);
  store4(sum, load4(sum) + term);
}

// All triangles pass by in order, so that a vertex gets its terms in the same order whatever the bands: only
// the sums of the vertices [begin, end) are written. Two triangles that follow each other as the halves (a,
// b, c) and (a, c, d) of a quad share the work on their diagonal.
struct AddTriangles {
  static FACESDK_HD void run(const NormalsParams& p, int64_t begin, int64_t end, float* FACESDK_RESTRICT sums,
                             bool* fits) {
    const float* FACESDK_RESTRICT rows = p.verts;
    const int32_t* FACESDK_RESTRICT triangles = p.triangles;
    const int64_t count = p.num_triangles;
    const Rows3 verts(rows, p.num_verts);
    const bool whole = begin == 0 && end == p.num_verts;
    const uint32_t last = static_cast<uint32_t>(p.num_verts - 1);  // cannot be read as four floats
    *fits = false;
    for (int64_t t = 0; t < count;) {
      const int32_t* index = triangles + 3 * t;
      const int32_t a = index[0], b = index[1], c = index[2];
      const bool quad = t + 1 < count && index[3] == a && index[4] == c;
      const int32_t d = quad ? index[5] : c;
      t += quad ? 2 : 1;
      Float4 pa, pb, pc, pd;
      const uint32_t most = std::max(std::max(static_cast<uint32_t>(a), static_cast<uint32_t>(b)),
                                     std::max(static_cast<uint32_t>(c), static_cast<uint32_t>(d)));
      if (most < last) {
        pa = load4(rows + 3 * static_cast<int64_t>(a)), pb = load4(rows + 3 * static_cast<int64_t>(b));
        pc = load4(rows + 3 * static_cast<int64_t>(c)), pd = load4(rows + 3 * static_cast<int64_t>(d));
      } else if (most == last) {
        pa = verts[a], pb = verts[b], pc = verts[c], pd = verts[d];
      } else {
        return;
      }
      const Float4 diagonal = pc - pa, first = cross_zxy(pb - pa, diagonal);
      const Float4 second = quad ? cross_zxy(diagonal, pd - pa) : splat(0.0f);
      const Float4 both = quad ? first + second : first;
      if (whole) {
        add_to(sums, a, both);
        add_to(sums, b, first);
        add_to(sums, c, both);
        if (quad) add_to(sums, d, second);
        continue;
      }
      const auto own = [begin, end](int32_t v) { return v >= begin && v < end; };
      if (own(a)) add_to(sums, a, both);
      if (own(b)) add_to(sums, b, first);
      if (own(c)) add_to(sums, c, both);
      if (quad && own(d)) add_to(sums, d, second);
    }
    *fits = true;
  }
};

struct Normalize {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT sums, float* FACESDK_RESTRICT out, int64_t count) {
    for (int64_t v = 0; v < count; ++v) {
      const float z = sums[4 * v], x = sums[4 * v + 1], y = sums[4 * v + 2];
      const float scale = unit_scale(x * x + y * y + z * z);
      out[3 * v] = x * scale;
      out[3 * v + 1] = y * scale;
      out[3 * v + 2] = z * scale;
    }
  }
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

bool normals_cpu(const NormalsParams& p) {
  thread_local std::vector<float> kept;  // from frame to frame
  if (static_cast<int64_t>(kept.size()) < 4 * p.num_verts) kept.resize(static_cast<size_t>(4 * p.num_verts));
  float* sums = kept.data();
  if (!sum_normals(p, sums)) return false;
  parallel_bands(p.num_verts, p.threads, [&](int64_t begin, int64_t end) {
    vectorized<Normalize>(static_cast<const float*>(sums + 4 * begin), p.out + 3 * begin, end - begin);
  });
  return true;
}

}  // namespace facesdk
