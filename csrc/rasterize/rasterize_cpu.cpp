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
};

// Rows that are drawn and finished together, few enough to stay in the second-level cache.
struct Strip {
  int32_t begin, end;  // rows
  std::vector<Hit> hits;

  Hit& at(int32_t x, int32_t y, int32_t width) {
    return hits[static_cast<size_t>(y - begin) * static_cast<size_t>(width) + static_cast<size_t>(x)];
  }
};

constexpr int64_t kStripBytes = 1 << 20;

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
  alignas(64) int32_t triangle[kChunk], cover[kChunk];
};

// A triangle that may cover a pixel. `cover` has a bit for each pixel of a box of at most 2 x 2 that is
// covered (right neighbour: bit 1, below: bit 2, both: bit 3), or kOpen: the box is larger, nothing is known.
struct Pick {
  int32_t triangle;
  int32_t cover;
};

constexpr int32_t kOpen = 16;
constexpr int32_t kFirstBit[16] = {0, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0};

// Most triangles of a dense mesh lie between pixel centres or cover a single one. That is decided
// here for a vector of triangles at a time and without branches, which nobody could predict. Products fit 32
// bits for small triangles; for large ones the unsigned products wrap, and their result is not used.
FACESDK_CLONES void cover_chunk(Corners& k, int count, int32_t height, int32_t width) {
  for (int i = 0; i < count; ++i) {
    const int32_t ax = k.ax[i], bx = k.bx[i], cx = k.cx[i], ay = k.ay[i], by = k.by[i], cy = k.cy[i];
    const int32_t min_x = std::min(ax, std::min(bx, cx)), max_x = std::max(ax, std::max(bx, cx));
    const int32_t min_y = std::min(ay, std::min(by, cy)), max_y = std::max(ay, std::max(by, cy));
    const int32_t x0 = std::max(first_pixel(min_x), 0), x1 = std::min(last_pixel(max_x), width - 1);
    const int32_t y0 = std::max(first_pixel(min_y), 0), y1 = std::min(last_pixel(max_y), height - 1);
    const int32_t seen = (min_x != kNoVertex) & (x0 <= x1) & (y0 <= y1);
    const uint32_t extent_x = static_cast<uint32_t>(max_x) - static_cast<uint32_t>(min_x);
    const uint32_t extent_y = static_cast<uint32_t>(max_y) - static_cast<uint32_t>(min_y);
    const int32_t small = (extent_x < kSmall) & (extent_y < kSmall);
    const int32_t wide = x1 > x0, tall = y1 > y0;
    const int32_t tiny = small & (x1 - x0 < 2) & (y1 - y0 < 2);

    uint32_t ux = static_cast<uint32_t>(bx) - static_cast<uint32_t>(ax);
    uint32_t uy = static_cast<uint32_t>(by) - static_cast<uint32_t>(ay);
    uint32_t vx = static_cast<uint32_t>(cx) - static_cast<uint32_t>(ax);
    uint32_t vy = static_cast<uint32_t>(cy) - static_cast<uint32_t>(ay);
    const int32_t area = static_cast<int32_t>(ux * vy - uy * vx);

    // With the sign of the area taken out, inside is positive on either side of the triangle.
    const uint32_t sign = area < 0 ? ~0u : 1u;
    ux *= sign, uy *= sign, vx *= sign, vy *= sign;
    const uint32_t px = static_cast<uint32_t>(x0) * kSub - static_cast<uint32_t>(ax);
    const uint32_t py = static_cast<uint32_t>(y0) * kSub - static_cast<uint32_t>(ay);
    const uint32_t exact_c = ux * py - uy * px, exact_b = vy * px - vx * py;
    const uint32_t exact_a = static_cast<uint32_t>(area) * sign - exact_c - exact_b;
    const uint32_t c = exact_c + bias32(ux, uy), b = exact_b + bias32(0u - vx, 0u - vy),
                   a = exact_a + bias32(vx - ux, vy - uy);
    const uint32_t right_c = 0u - uy * kSub, right_b = vy * kSub, right_a = 0u - right_c - right_b;
    const uint32_t down_c = ux * kSub, down_b = 0u - vx * kSub, down_a = 0u - down_c - down_b;
    const int32_t here = static_cast<int32_t>(a | b | c) >= 0;
    const int32_t right = static_cast<int32_t>((a + right_a) | (b + right_b) | (c + right_c)) >= 0;
    const int32_t below = static_cast<int32_t>((a + down_a) | (b + down_b) | (c + down_c)) >= 0;
    const int32_t both =
        static_cast<int32_t>((a + right_a + down_a) | (b + right_b + down_b) | (c + right_c + down_c)) >= 0;
    const int32_t bits = here | ((right & wide) << 1) | ((below & tall) << 2) | ((both & wide & tall) << 3);
    const int32_t flat = small & (area == 0);
    k.cover[i] = (seen & (flat ^ 1)) * (tiny ? bits : kOpen);
  }
}

// What is left of one chunk, in order of index, and the rows that it can reach.
struct Chunk {
  std::vector<Pick> picks;
  int32_t low = INT32_MAX, high = INT32_MIN;
};

void select_chunk(const Scene& s, Corners& k, int64_t begin, int64_t end, Chunk& chunk) {
  const int32_t* index = s.p.triangles + 3 * begin;
  const int64_t most = s.p.cull ? 0 : INT64_MAX;  // the area must be below
  int count = 0;
  for (int64_t t = begin; t < end; ++t, index += 3) {
    const FixedPoint a = s.fixed[index[0]], b = s.fixed[index[1]], c = s.fixed[index[2]];
    k.ax[count] = a.x, k.ay[count] = a.y, k.bx[count] = b.x, k.by[count] = b.y;
    k.cx[count] = c.x, k.cy[count] = c.y, k.triangle[count] = static_cast<int32_t>(t);
    count += area64(a, b, c) < most;
  }
  cover_chunk(k, count, s.p.height, s.p.width);
  Pick kept[kChunk];
  Pick* out = kept;
  int32_t low = INT32_MAX, high = INT32_MIN;
  for (int i = 0; i < count; ++i) {
    *out = {k.triangle[i], k.cover[i]};
    out += k.cover[i] != 0;
    low = std::min(low, std::min(k.ay[i], std::min(k.by[i], k.cy[i])));
    high = std::max(high, std::max(k.ay[i], std::max(k.by[i], k.cy[i])));
  }
  chunk.picks.assign(kept, out);
  if (chunk.picks.empty()) return;
  chunk.low = first_pixel(low);
  chunk.high = last_pixel(high);
}

// The nearest triangle wins. Triangles come in order of index, so an equal depth leaves the lower one.
inline void offer(Hit& hit, int32_t t, const float* w, float l1, float l2) {
  const float nearness = inverse_depth(w[0], w[1], w[2], l1, l2);
  if (nearness > hit.w) hit = {nearness, t, l1, l2};
}

// The pixels of a small triangle are known; only their weights are computed.
void draw_known(const Scene& s, Pick pick, Strip& strip) {
  const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(pick.triangle);
  const FixedPoint a = s.fixed[index[0]], b = s.fixed[index[1]], c = s.fixed[index[2]];
  const float w[3] = {s.inverse[index[0]], s.inverse[index[1]], s.inverse[index[2]]};
  const int32_t x0 = std::max(first_pixel(std::min(a.x, std::min(b.x, c.x))), 0);
  const int32_t y0 = std::max(first_pixel(std::min(a.y, std::min(b.y, c.y))), 0);
  const int32_t ux = b.x - a.x, uy = b.y - a.y, vx = c.x - a.x, vy = c.y - a.y;
  const float scale = 1.0f / static_cast<float>(ux * vy - uy * vx);
  for (int32_t bits = pick.cover; bits != 0; bits &= bits - 1) {
    const int32_t bit = kFirstBit[bits];
    const int32_t x = x0 + (bit & 1), y = y0 + (bit >> 1);
    if (y < strip.begin || y >= strip.end) continue;
    const int32_t px = x * kSub - a.x, py = y * kSub - a.y;
    const float l1 = static_cast<float>(vy * px - vx * py) * scale;
    const float l2 = static_cast<float>(ux * py - uy * px) * scale;
    offer(strip.at(x, y, s.p.width), pick.triangle, w, l1, l2);
  }
}

// A triangle of any size: 64-bit edge values, stepped from pixel to pixel.
void draw_open(const Scene& s, int32_t t, Strip& strip) {
  const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(t);
  const FixedPoint a = s.fixed[index[0]], b = s.fixed[index[1]], c = s.fixed[index[2]];
  const int32_t y0 = std::max(first_pixel(std::min(a.y, std::min(b.y, c.y))), strip.begin);
  const int32_t y1 = std::min(last_pixel(std::max(a.y, std::max(b.y, c.y))), strip.end - 1);
  if (y0 > y1) return;
  const int32_t x0 = std::max(first_pixel(std::min(a.x, std::min(b.x, c.x))), 0);
  const int32_t x1 = std::min(last_pixel(std::max(a.x, std::max(b.x, c.x))), s.p.width - 1);
  const int64_t area = edge(a, b, c.x, c.y);
  if (area == 0 || (area > 0 && s.p.cull)) return;
  const bool flip = area < 0;
  const FixedPoint q = flip ? c : b, r = flip ? b : c;  // a -> q -> r is positive
  const float scale = 1.0f / static_cast<float>(flip ? -area : area);
  const int32_t px = x0 * kSub, py = y0 * kSub;
  const int64_t bias_a = edge_bias(q, r), bias_q = edge_bias(r, a), bias_r = edge_bias(a, q);
  EdgeWalk walk_a(q, r, px, py, bias_a), walk_q(r, a, px, py, bias_q), walk_r(a, q, px, py, bias_r);
  const float w[3] = {s.inverse[index[0]], s.inverse[index[1]], s.inverse[index[2]]};
  for (int32_t y = y0; y <= y1; ++y, walk_a.step_down(), walk_q.step_down(), walk_r.step_down()) {
    int64_t first = 0, last = x1 - x0;
    walk_a.narrow(&first, &last);
    walk_q.narrow(&first, &last);
    walk_r.narrow(&first, &last);
    if (first > last) continue;
    Hit* hit = &strip.at(x0, y, s.p.width) + first;
    int64_t in_q = walk_q.row - bias_q + first * walk_q.right,
            in_r = walk_r.row - bias_r + first * walk_r.right;
    for (int64_t x = first; x <= last; ++x, ++hit, in_q += walk_q.right, in_r += walk_r.right) {
      const float lq = static_cast<float>(in_q) * scale, lr = static_cast<float>(in_r) * scale;
      offer(*hit, t, w, flip ? lr : lq, flip ? lq : lr);
    }
  }
}

// Everything that was asked for, from the winners of one row.
void resolve_row(const Scene& s, const Hit* hits, int32_t y) {
  const RasterizeParams& p = s.p;
  const int64_t first = static_cast<int64_t>(y) * p.width;
  for (int32_t x = 0; p.triangle != nullptr && x < p.width; ++x) p.triangle[first + x] = hits[x].index;
  for (int32_t x = 0; p.depth != nullptr && x < p.width; ++x) {
    p.depth[first + x] = hits[x].index < 0 ? 0.0f : 1.0f / hits[x].w;
  }
  if (p.bary == nullptr && p.color == nullptr) return;
  for (int32_t x = 0; x < p.width; ++x) {
    const Hit& hit = hits[x];
    float bary[3] = {0.0f, 0.0f, 0.0f}, color[3] = {0.0f, 0.0f, 0.0f};
    if (hit.index >= 0) {
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
    if (p.bary != nullptr) std::copy(bary, bary + 3, p.bary + 3 * (first + x));
    if (p.color != nullptr) std::copy(color, color + 3, p.color + 3 * (first + x));
  }
}

// Draws all chunks, in order of index, into the strip and finishes its rows.
void draw_strip(const Scene& s, const std::vector<Chunk>& chunks, Strip& strip) {
  const size_t pixels = static_cast<size_t>(strip.end - strip.begin) * static_cast<size_t>(s.p.width);
  strip.hits.assign(pixels, Hit{0.0f, -1, 0.0f, 0.0f});
  for (const Chunk& chunk : chunks) {
    if (chunk.high < strip.begin || chunk.low >= strip.end) continue;
    for (const Pick& pick : chunk.picks) {
      if (pick.cover == kOpen) {
        draw_open(s, pick.triangle, strip);
      } else {
        draw_known(s, pick, strip);
      }
    }
  }
  for (int32_t y = strip.begin; y < strip.end; ++y) resolve_row(s, &strip.at(0, y, s.p.width), y);
}

}  // namespace

void rasterize_cpu(const RasterizeParams& p) {
  Scene s{p, std::vector<FixedPoint>(static_cast<size_t>(p.num_verts)),
          std::vector<float>(static_cast<size_t>(p.num_verts))};
  parallel_bands(p.num_verts, p.threads, [&](int64_t begin, int64_t end) {
    snap_range(p.points, s.fixed.data(), s.inverse.data(), begin, end);
  });

  std::vector<Chunk> chunks(static_cast<size_t>((p.num_triangles + kChunk - 1) / kChunk));
  parallel_bands(static_cast<int64_t>(chunks.size()), p.threads, [&](int64_t first, int64_t last) {
    Corners corners;
    for (int64_t chunk = first; chunk < last; ++chunk) {
      const int64_t end = std::min(p.num_triangles, (chunk + 1) * kChunk);
      select_chunk(s, corners, chunk * kChunk, end, chunks[static_cast<size_t>(chunk)]);
    }
  });

  const int64_t rows = std::max<int64_t>(1, kStripBytes / (static_cast<int64_t>(sizeof(Hit)) * p.width));
  parallel_bands(p.height, p.threads, [&](int64_t begin, int64_t end) {
    Strip strip;
    for (int64_t row = begin; row < end; row += rows) {
      strip.begin = static_cast<int32_t>(row);
      strip.end = static_cast<int32_t>(std::min(end, row + rows));
      draw_strip(s, chunks, strip);
    }
  });
}

}  // namespace facesdk
