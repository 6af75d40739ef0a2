#include <algorithm>
#include <vector>

#include "common/hd.h"
#include "common/parallel.h"
#include "rasterize/rasterize.h"
#include "rasterize/rasterize_math.h"

namespace facesdk {
namespace {

constexpr int kChunk = 512;        // triangles sorted out together, in the first-level cache
constexpr int32_t kSmall = 32768;  // fixed-point extent below which an area fits 32 bits

// One winner per pixel while triangles are drawn; what is wanted is computed from it at the end.
struct Hit {
  float w;        // 1 / depth; 0 where empty, so any triangle is nearer
  int32_t index;  // triangle, -1 where empty
  float l1, l2;   // screen weights of corners 1 and 2
};

struct Scene {
  const RasterizeParams& p;
  std::vector<FixedPoint> fixed;  // (V,)
  std::vector<float> inverse;     // (V,) 1 / depth
  std::vector<Hit> hits;          // (H * W,)
};

FACESDK_CLONES void snap_range(const float* points, FixedPoint* fixed, float* inverse, int64_t begin,
                               int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const float z = points[3 * i + 2];
    fixed[i] = snap(points[3 * i], points[3 * i + 1], z);
    inverse[i] = 1.0f / z;
  }
}

struct Corners {
  alignas(64) int32_t ax[kChunk], ay[kChunk], bx[kChunk], by[kChunk], cx[kChunk], cy[kChunk];
  alignas(64) int32_t keep[kChunk];
};

// Most triangles of a dense mesh face away or lie between pixel centres; they are found here, in vectors.
// A triangle too large for 32-bit products is kept and looked at again when drawn.
FACESDK_CLONES void sort_out(Corners& k, int count, int32_t height, int32_t width, int32_t cull) {
  for (int i = 0; i < count; ++i) {
    const int32_t ax = k.ax[i], bx = k.bx[i], cx = k.cx[i], ay = k.ay[i], by = k.by[i], cy = k.cy[i];
    const int32_t min_x = std::min(ax, std::min(bx, cx)), max_x = std::max(ax, std::max(bx, cx));
    const int32_t min_y = std::min(ay, std::min(by, cy)), max_y = std::max(ay, std::max(by, cy));
    const int32_t x0 = std::max(first_pixel(min_x), 0), x1 = std::min(last_pixel(max_x), width - 1);
    const int32_t y0 = std::max(first_pixel(min_y), 0), y1 = std::min(last_pixel(max_y), height - 1);
    const uint32_t extent_x = static_cast<uint32_t>(max_x) - static_cast<uint32_t>(min_x);
    const uint32_t extent_y = static_cast<uint32_t>(max_y) - static_cast<uint32_t>(min_y);
    const int32_t large = (extent_x >= kSmall) | (extent_y >= kSmall);
    // Unsigned: wraps for large triangles, whose result is not used.
    const uint32_t ux = static_cast<uint32_t>(bx) - static_cast<uint32_t>(ax);
    const uint32_t uy = static_cast<uint32_t>(by) - static_cast<uint32_t>(ay);
    const uint32_t vx = static_cast<uint32_t>(cx) - static_cast<uint32_t>(ax);
    const uint32_t vy = static_cast<uint32_t>(cy) - static_cast<uint32_t>(ay);
    const int32_t area = static_cast<int32_t>(ux * vy - uy * vx);
    const int32_t turned = (area == 0) | ((area > 0) & cull);
    k.keep[i] = (min_x != kNoVertex) & (x0 <= x1) & (y0 <= y1) & (large | (turned ^ 1));
  }
}

// Appends the triangles of [begin, end) that may cover a pixel, in order.
void select_chunk(const Scene& s, Corners& k, int64_t begin, int64_t end, std::vector<int32_t>& selected) {
  const int count = static_cast<int>(end - begin);
  const int32_t* index = s.p.triangles + 3 * begin;
  for (int i = 0; i < count; ++i, index += 3) {
    const FixedPoint a = s.fixed[index[0]], b = s.fixed[index[1]], c = s.fixed[index[2]];
    k.ax[i] = a.x, k.ay[i] = a.y, k.bx[i] = b.x, k.by[i] = b.y, k.cx[i] = c.x, k.cy[i] = c.y;
  }
  sort_out(k, count, s.p.height, s.p.width, s.p.cull ? 1 : 0);
  const size_t old = selected.size();
  selected.resize(old + static_cast<size_t>(count));
  int32_t* out = selected.data() + old;
  for (int i = 0; i < count; ++i) {
    *out = static_cast<int32_t>(begin + i);
    out += k.keep[i];
  }
  selected.resize(static_cast<size_t>(out - selected.data()));
}

// Draws one triangle into the rows [row_begin, row_end).
void draw(Scene& s, int32_t t, int32_t row_begin, int32_t row_end) {
  const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(t);
  const FixedPoint a = s.fixed[index[0]], b = s.fixed[index[1]], c = s.fixed[index[2]];
  const int32_t y0 = std::max(first_pixel(std::min(a.y, std::min(b.y, c.y))), row_begin);
  const int32_t y1 = std::min(last_pixel(std::max(a.y, std::max(b.y, c.y))), row_end - 1);
  if (y0 > y1) return;
  const int32_t x0 = std::max(first_pixel(std::min(a.x, std::min(b.x, c.x))), 0);
  const int32_t x1 = std::min(last_pixel(std::max(a.x, std::max(b.x, c.x))), s.p.width - 1);
  const int64_t signed_area = edge(a, b, c.x, c.y);
  if (signed_area == 0 || (signed_area > 0 && s.p.cull)) return;
  // Turn the triangle so that its area is positive; l1 and l2 stay with corners 1 and 2 of the caller.
  const bool turned = signed_area < 0;
  const FixedPoint q = turned ? c : b, r = turned ? b : c;  // a -> q -> r is positive
  const float scale = 1.0f / static_cast<float>(turned ? -signed_area : signed_area);
  const int32_t px = x0 * kSub, py = y0 * kSub;
  const int64_t bias_a = edge_bias(q, r), bias_q = edge_bias(r, a), bias_r = edge_bias(a, q);
  int64_t row_a = edge(q, r, px, py) + bias_a, row_q = edge(r, a, px, py) + bias_q,
          row_r = edge(a, q, px, py) + bias_r;
  const int64_t right_a = -static_cast<int64_t>(r.y - q.y) * kSub,
                down_a = static_cast<int64_t>(r.x - q.x) * kSub;
  const int64_t right_q = -static_cast<int64_t>(a.y - r.y) * kSub,
                down_q = static_cast<int64_t>(a.x - r.x) * kSub;
  const int64_t right_r = -static_cast<int64_t>(q.y - a.y) * kSub,
                down_r = static_cast<int64_t>(q.x - a.x) * kSub;
  const float w0 = s.inverse[index[0]], w1 = s.inverse[index[1]], w2 = s.inverse[index[2]];
  for (int32_t y = y0; y <= y1; ++y, row_a += down_a, row_q += down_q, row_r += down_r) {
    int64_t in_a = row_a, in_q = row_q, in_r = row_r;
    Hit* hit = s.hits.data() + static_cast<int64_t>(y) * s.p.width + x0;
    for (int32_t x = x0; x <= x1; ++x, ++hit, in_a += right_a, in_q += right_q, in_r += right_r) {
      if ((in_a | in_q | in_r) < 0) continue;
      const float lq = static_cast<float>(in_q - bias_q) * scale,
                  lr = static_cast<float>(in_r - bias_r) * scale;
      const float l1 = turned ? lr : lq, l2 = turned ? lq : lr;
      const float w = inverse_depth(w0, w1, w2, l1, l2);
      // Triangles come in order of index: an equal depth leaves the lower one.
      if (w > hit->w) *hit = {w, t, l1, l2};
    }
  }
}

void resolve_rows(const Scene& s, int64_t begin, int64_t end) {
  const RasterizeParams& p = s.p;
  const bool weights = p.bary != nullptr || p.color != nullptr;
  for (int64_t at = begin * p.width; at < end * p.width; ++at) {
    const Hit& hit = s.hits[static_cast<size_t>(at)];
    const bool empty = hit.index < 0;
    if (p.triangle != nullptr) p.triangle[at] = hit.index;
    if (p.depth != nullptr) p.depth[at] = empty ? 0.0f : 1.0f / hit.w;
    if (!weights) continue;
    float bary[3] = {0.0f, 0.0f, 0.0f}, color[3] = {0.0f, 0.0f, 0.0f};
    if (!empty) {
      const int32_t* index = p.triangles + 3 * static_cast<int64_t>(hit.index);
      perspective(s.inverse[index[1]], s.inverse[index[2]], hit.w, hit.l1, hit.l2, bary + 1, bary + 2);
      bary[0] = 1.0f - bary[1] - bary[2];
      if (p.color != nullptr) {
        const float* c0 = p.colors + 3 * static_cast<int64_t>(index[0]);
        const float* c1 = p.colors + 3 * static_cast<int64_t>(index[1]);
        const float* c2 = p.colors + 3 * static_cast<int64_t>(index[2]);
        for (int c = 0; c < 3; ++c) color[c] = interpolate(c0[c], c1[c], c2[c], bary[1], bary[2]);
      }
    }
    if (p.bary != nullptr) std::copy(bary, bary + 3, p.bary + 3 * at);
    if (p.color != nullptr) std::copy(color, color + 3, p.color + 3 * at);
  }
}

}  // namespace

void rasterize_cpu(const RasterizeParams& p) {
  Scene s{p, std::vector<FixedPoint>(static_cast<size_t>(p.num_verts)),
          std::vector<float>(static_cast<size_t>(p.num_verts)),
          std::vector<Hit>(static_cast<size_t>(p.height) * static_cast<size_t>(p.width),
                           Hit{0.0f, -1, 0.0f, 0.0f})};
  parallel_bands(p.num_verts, p.threads, [&](int64_t begin, int64_t end) {
    snap_range(p.points, s.fixed.data(), s.inverse.data(), begin, end);
  });

  const int64_t chunks = (p.num_triangles + kChunk - 1) / kChunk;
  std::vector<std::vector<int32_t>> selected(static_cast<size_t>(chunks));
  parallel_bands(chunks, p.threads, [&](int64_t first, int64_t last) {
    Corners corners;
    for (int64_t chunk = first; chunk < last; ++chunk) {
      const int64_t end = std::min(p.num_triangles, (chunk + 1) * kChunk);
      select_chunk(s, corners, chunk * kChunk, end, selected[static_cast<size_t>(chunk)]);
    }
  });

  // Every band of rows goes through all selected triangles in order of index.
  parallel_bands(p.height, p.threads, [&](int64_t begin, int64_t end) {
    for (const std::vector<int32_t>& chunk : selected) {
      for (const int32_t t : chunk) draw(s, t, static_cast<int32_t>(begin), static_cast<int32_t>(end));
    }
    resolve_rows(s, begin, end);
  });
}

}  // namespace facesdk
