// Cross products of triangles, the order in which a vertex sums them, and the last step of one vertex.
#pragma once

#include <cmath>
#include <cstdint>

#include "common/float4.h"
#include "common/host_device.h"

namespace facesdk {

// u x v as (z, x, y): a rotation less than in the usual order.
FACESDK_HD Float4 cross_zxy(Float4 u, Float4 v) { return u * rotated3(v) - rotated3(u) * v; }

// What makes a vector of this squared length a unit vector. A vertex without area has no direction: it gets
// the zero vector, not NaN.
FACESDK_HD float unit_scale(float squared) {
  const float length = std::sqrt(squared), scale = 1.0f / length;
  return length > 0.0f ? scale : 0.0f;
}

// A vertex sums one term for each group of triangles that it belongs to, in the order of the groups: a fan of
// eight triangles, a quad of two, or one triangle.

// Four quads around the point c of a face that was subdivided: (a, b, c), (a, c, d) for each corner a of it,
// b and d in the middle of its edges, where each quad's b is the next one's d.
constexpr int kFan = 8;  // triangles

FACESDK_HD bool is_fan(const int32_t* t) {
  int32_t different = 0;
  for (int q = 0; q < 4; ++q) {
    const int32_t* quad = t + 6 * q;
    different |=
        (quad[0] ^ quad[3]) | (quad[2] ^ t[2]) | (quad[4] ^ t[2]) | (quad[1] ^ t[6 * ((q + 1) % 4) + 5]);
  }
  return different == 0;
}

// (a, b, c), (a, c, d)
FACESDK_HD bool is_quad(const int32_t* t) { return t[3] == t[0] && t[4] == t[2]; }

// Triangles of the group that begins at t, of which `left` follow. A fan with the mesh's last vertex, which
// cannot be read as four floats, counts as quads.
FACESDK_HD int group_size(const int32_t* t, int64_t left, int64_t num_verts) {
  if (left >= kFan && is_fan(t)) {
    uint32_t most = static_cast<uint32_t>(t[2]);  // a negative index becomes a huge one
    for (int q = 0; q < 4; ++q) {
      const uint32_t corner = static_cast<uint32_t>(t[6 * q]), edge = static_cast<uint32_t>(t[6 * q + 1]);
      most = most > corner ? most : corner;
      most = most > edge ? most : edge;
    }
    if (most < static_cast<uint32_t>(num_verts - 1)) return kFan;
  }
  return left >= 2 && is_quad(t) ? 2 : 1;
}

// The terms of a fan: corner and edge are the points a and b of each quad, seen from c. From there every
// point counts for two triangles, of which most share their vertices: nine terms in place of twenty-four.
// add(vertex, term) is called once for each vertex.
template <typename Add>
FACESDK_HD void add_fan(const Float4* corner, const Float4* edge, const int32_t* t, const Add& add) {
  Float4 by_edge[4], before[4], all = splat(0.0f);
  for (int q = 0; q < 4; ++q) {
    const Float4 first = cross_zxy(corner[q], edge[q]), second = cross_zxy(edge[(q + 3) % 4], corner[q]);
    const Float4 both = first + second;
    add(t[6 * q], both);
    all = all + both;
    by_edge[q] = first, before[(q + 3) % 4] = second;
  }
  for (int q = 0; q < 4; ++q) add(t[6 * q + 1], by_edge[q] + before[q]);
  add(t[2], all);
}

// The terms of a quad, or of one triangle, whose points are a, b, c and d.
template <typename Add>
FACESDK_HD void add_quad(Float4 a, Float4 b, Float4 c, Float4 d, bool quad, const int32_t* t,
                         const Add& add) {
  const Float4 diagonal = c - a, first = cross_zxy(b - a, diagonal);
  const Float4 second = quad ? cross_zxy(diagonal, d - a) : splat(0.0f);
  const Float4 both = quad ? first + second : first;
  add(t[0], both);
  add(t[1], first);
  add(t[2], both);
  if (quad) add(t[5], second);
}

// The sum of one vertex over the groups that it belongs to: [begin, end) holds the first triangle of each,
// rising. `point(v)` is vertex v as four floats.
template <typename Point>
FACESDK_HD Float4 sum_around(int32_t vertex, const int32_t* begin, const int32_t* end,
                             const int32_t* triangles, int64_t num_triangles, int64_t num_verts,
                             const Point& point) {
  Float4 sum = splat(0.0f);
  const auto add = [&](int32_t v, Float4 term) {
    if (v == vertex) sum = sum + term;
  };
  for (; begin != end; ++begin) {
    const int32_t* t = triangles + 3 * static_cast<int64_t>(*begin);
    const int group = group_size(t, num_triangles - *begin, num_verts);
    if (group == kFan) {
      const Float4 middle = point(t[2]);
      Float4 corner[4], edge[4];
      for (int q = 0; q < 4; ++q)
        corner[q] = point(t[6 * q]) - middle, edge[q] = point(t[6 * q + 1]) - middle;
      add_fan(corner, edge, t, add);
    } else {
      const bool quad = group == 2;
      add_quad(point(t[0]), point(t[1]), point(t[2]), point(t[quad ? 5 : 2]), quad, t, add);
    }
  }
  return sum;
}

// A sum (z, x, y) as a unit vector (x, y, z).
FACESDK_HD void unit_normal(float z, float x, float y, float* out) {
  const float scale = unit_scale(x * x + y * y + z * z);
  out[0] = x * scale;
  out[1] = y * scale;
  out[2] = z * scale;
}

}  // namespace facesdk
