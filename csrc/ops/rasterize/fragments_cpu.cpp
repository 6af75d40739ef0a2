#include <algorithm>

#include "common/simd_dispatch.h"
#include "common/thread_pool.h"
#include "ops/rasterize/stages.h"

namespace facesdk {
namespace {

struct Snap {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT points, int64_t count,
                             FixedPoint* FACESDK_RESTRICT fixed, float* FACESDK_RESTRICT inverse) {
    // Coordinates apart in small blocks: then the compiler snaps a whole vector of vertices.
    constexpr int kBlock = 64;
    float x[kBlock], y[kBlock], z[kBlock];
    int32_t fx[kBlock], fy[kBlock];
    for (int64_t block = 0; block < count; block += kBlock) {
      const int n = static_cast<int>(std::min<int64_t>(kBlock, count - block));
      const float* FACESDK_RESTRICT in = points + 3 * block;
      for (int i = 0; i < n; ++i) x[i] = in[3 * i], y[i] = in[3 * i + 1], z[i] = in[3 * i + 2];
      for (int i = 0; i < n; ++i) {
        const FixedPoint p = snap(x[i], y[i], z[i]);
        fx[i] = p.x, fy[i] = p.y;
      }
      for (int i = 0; i < n; ++i) fixed[block + i].x = fx[i], fixed[block + i].y = fy[i];
      for (int i = 0; i < n; ++i) inverse[block + i] = 1.0f / z[i];
    }
  }
};

// The triangles of one chunk that may cover a pixel; one array per field, for vectors. The sign of the area
// is taken out of the edges: inside is positive on either side of a triangle.
struct Boxes {
  int count;
  int32_t triangle[kChunk];
  int32_t a[kChunk], b[kChunk], c[kChunk];                        // vertices
  int32_t x0[kChunk], y0[kChunk], columns[kChunk], rows[kChunk];  // box in pixels
  int32_t ux[kChunk], uy[kChunk], vx[kChunk], vy[kChunk];         // edges from corner 0 to corners 1 and 2
  int32_t edge_b[kChunk], edge_c[kChunk], area[kChunk];           // edge values at the box's first pixel
  int32_t cover[kChunk];                                          // of the box's first 2 x 2 pixels; kLarge
  float w0[kChunk], w1[kChunk], w2[kChunk], scale[kChunk];        // 1 / depth of the corners, 1 / area
};

constexpr int32_t kLarge = 16;

// Most triangles of a dense mesh lie between the pixels' centres or cover a single one. That is decided for a
// vector of triangles at a time and without branches, which nobody could predict. For triangles that are not
// small the unsigned products wrap, and their result is not used.
struct SetUp {
  static FACESDK_HD void run(const Scene& s, const Tile& tile, Boxes* FACESDK_RESTRICT out, int count) {
    const FixedPoint* FACESDK_RESTRICT fixed = s.fixed;
    const int32_t width = tile.width, top = tile.begin, bottom = tile.end, both_sides = s.p.cull ? 0 : 1;
    Boxes& k = *out;
    for (int i = 0; i < count; ++i) {
      const int32_t ax = fixed[k.a[i]].x, bx = fixed[k.b[i]].x, cx = fixed[k.c[i]].x;
      const int32_t ay = fixed[k.a[i]].y, by = fixed[k.b[i]].y, cy = fixed[k.c[i]].y;
      const int32_t min_x = std::min(ax, std::min(bx, cx)), max_x = std::max(ax, std::max(bx, cx));
      const int32_t min_y = std::min(ay, std::min(by, cy)), max_y = std::max(ay, std::max(by, cy));
      const int32_t x0 = first_pixel(min_x), x1 = first_pixel(max_x), y0 = first_pixel(min_y),
                    y1 = first_pixel(max_y);
      const int32_t seen = (x0 < std::min(x1, width)) & (std::max(y0, top) < std::min(y1, bottom)) & (x1 > 0);
      const int32_t fits =
          (std::max(x1 - x0, y1 - y0) <= kSide) & (x0 >= 0) & (y0 >= top) & (x1 <= width) & (y1 <= bottom);
      uint32_t ux = static_cast<uint32_t>(bx) - static_cast<uint32_t>(ax);
      uint32_t uy = static_cast<uint32_t>(by) - static_cast<uint32_t>(ay);
      uint32_t vx = static_cast<uint32_t>(cx) - static_cast<uint32_t>(ax);
      uint32_t vy = static_cast<uint32_t>(cy) - static_cast<uint32_t>(ay);
      const int32_t signed_area = static_cast<int32_t>(ux * vy - uy * vx);
      const uint32_t turn = static_cast<uint32_t>(signed_area >> 31);  // all ones: (v ^ turn) - turn is -v
      ux = (ux ^ turn) - turn, uy = (uy ^ turn) - turn, vx = (vx ^ turn) - turn, vy = (vy ^ turn) - turn;
      const uint32_t area = (static_cast<uint32_t>(signed_area) ^ turn) - turn;
      const uint32_t px = (static_cast<uint32_t>(x0) << kSubBits) - static_cast<uint32_t>(ax);
      const uint32_t py = (static_cast<uint32_t>(y0) << kSubBits) - static_cast<uint32_t>(ay);
      const uint32_t edge_b = vy * px - vx * py, edge_c = ux * py - uy * px;
      const uint32_t at_a = area - edge_b - edge_c + bias32(vx - ux, vy - uy);
      const uint32_t at_b = edge_b + bias32(0u - vx, 0u - vy), at_c = edge_c + bias32(ux, uy);
      const uint32_t right_b = vy << kSubBits, right_c = (0u - uy) << kSubBits,
                     right_a = 0u - right_b - right_c;
      const uint32_t down_b = (0u - vx) << kSubBits, down_c = ux << kSubBits, down_a = 0u - down_b - down_c;
      const uint32_t here = at_a | at_b | at_c;
      const uint32_t right = (at_a + right_a) | (at_b + right_b) | (at_c + right_c);
      const uint32_t below = (at_a + down_a) | (at_b + down_b) | (at_c + down_c);
      const uint32_t beside =
          (at_a + right_a + down_a) | (at_b + right_b + down_b) | (at_c + right_c + down_c);
      const int32_t cover = static_cast<int32_t>((~here >> 31) | ((~right >> 31) << 1) |
                                                 ((~below >> 31) << 2) | ((~beside >> 31) << 3));
      const int32_t drawn = (signed_area < 0) | (both_sides & (signed_area > 0));
      const int32_t larger = std::max(x1 - x0, y1 - y0) > 2;
      // The pixels of a larger box are tested one by one.
      const int32_t known = drawn * (cover | (15 * larger));
      k.cover[i] = seen * (fits ? known : kLarge);
      k.x0[i] = x0, k.y0[i] = y0, k.columns[i] = x1 - x0, k.rows[i] = y1 - y0;
      k.ux[i] = static_cast<int32_t>(ux), k.uy[i] = static_cast<int32_t>(uy);
      k.vx[i] = static_cast<int32_t>(vx), k.vy[i] = static_cast<int32_t>(vy);
      k.edge_b[i] = static_cast<int32_t>(edge_b), k.edge_c[i] = static_cast<int32_t>(edge_c);
      k.area[i] = static_cast<int32_t>(area);
      k.scale[i] = 1.0f / static_cast<float>(k.area[i]);
    }
  }
};

inline int32_t bias(int32_t dx, int32_t dy) {
  return static_cast<int32_t>(bias32(static_cast<uint32_t>(dx), static_cast<uint32_t>(dy)));
}

// The pixels that triangle i covers. No branch depends on which they are: it could not be predicted.
void collect(const Scene& s, const Tile& tile, Boxes& k, int i, Fragments& out) {
  Candidates& to = out.candidates;
  const int32_t ux = k.ux[i], uy = k.uy[i], vx = k.vx[i], vy = k.vy[i];
  const int32_t right_b = vy * kSub, right_c = -uy * kSub, down_b = -vx * kSub, down_c = ux * kSub;
  int32_t row_b = k.edge_b[i], row_c = k.edge_c[i], pixel = (k.y0[i] - tile.begin) * tile.width + k.x0[i];
  int n = out.count;
  const auto put = [&](int32_t x, int32_t b, int32_t c, int32_t covered) {
    to.slot[n] = i, to.edge_b[n] = b, to.edge_c[n] = c, out.pixel[n] = pixel + x;
    n += covered;
  };
  k.w0[i] = s.inverse[k.a[i]], k.w1[i] = s.inverse[k.b[i]], k.w2[i] = s.inverse[k.c[i]];
  if (std::max(k.columns[i], k.rows[i]) <= 2) {  // then SetUp has tested them all
    const int32_t cover = k.cover[i];
    put(0, row_b, row_c, cover & 1);
    put(1, row_b + right_b, row_c + right_c, cover >> 1 & 1);
    put(tile.width, row_b + down_b, row_c + down_c, cover >> 2 & 1);
    put(tile.width + 1, row_b + right_b + down_b, row_c + right_c + down_c, cover >> 3 & 1);
    out.count = n;
    return;
  }
  const int32_t area = k.area[i];
  const int32_t bias_a = bias(vx - ux, vy - uy), bias_b = bias(-vx, -vy), bias_c = bias(ux, uy);
  for (int32_t y = 0; y < k.rows[i]; ++y, row_b += down_b, row_c += down_c, pixel += tile.width) {
    int32_t b = row_b, c = row_c;
    for (int32_t x = 0; x < k.columns[i]; ++x, b += right_b, c += right_c) {
      put(x, b, c, ((b + bias_b) | (c + bias_c) | (area - b - c + bias_a)) >= 0);
    }
  }
  out.count = n;
}

struct Weigh {
  static FACESDK_HD void run(const Boxes& k, const int32_t* FACESDK_RESTRICT slot,
                             const int32_t* FACESDK_RESTRICT edge_b, const int32_t* FACESDK_RESTRICT edge_c,
                             int count, int32_t* FACESDK_RESTRICT triangle, float* FACESDK_RESTRICT nearness,
                             float* FACESDK_RESTRICT b1, float* FACESDK_RESTRICT b2) {
    for (int n = 0; n < count; ++n) {
      const int32_t i = slot[n];
      const float l1 = static_cast<float>(edge_b[n]) * k.scale[i];
      const float l2 = static_cast<float>(edge_c[n]) * k.scale[i];
      const float w = inverse_depth(k.w0[i], k.w1[i], k.w2[i], l1, l2), depth = 1.0f / w;
      triangle[n] = k.triangle[i];
      nearness[n] = w;
      b1[n] = perspective_weight(l1, k.w1[i], depth);
      b2[n] = perspective_weight(l2, k.w2[i], depth);
    }
  }
};

}  // namespace

void snap_vertices(const RasterizeParams& p, FixedPoint* fixed, float* inverse) {
  parallel_bands(p.num_verts, p.threads, [&](int64_t begin, int64_t end) {
    vectorized<Snap>(p.points + 3 * begin, end - begin, fixed + begin, inverse + begin);
  });
}

void make_fragments(const Scene& s, const Tile& tile, int64_t begin, int64_t end, Fragments& out) {
  out.count = out.num_large = 0;
  Boxes k;
  k.count = static_cast<int>(end - begin);
  const int32_t* index = s.p.triangles + 3 * begin;
  for (int i = 0; i < k.count; ++i, index += 3) {
    k.triangle[i] = static_cast<int32_t>(begin) + i;
    k.a[i] = index[0], k.b[i] = index[1], k.c[i] = index[2];
  }
  vectorized<SetUp>(s, tile, &k, k.count);
  int chosen[kChunk], count = 0;
  for (int i = 0; i < k.count; ++i) {
    chosen[count] = i;
    count += k.cover[i] != 0;
  }
  for (int n = 0; n < count; ++n) {
    const int i = chosen[n];
    if (k.cover[i] == kLarge) {
      out.large[out.num_large++] = k.triangle[i];
    } else {
      collect(s, tile, k, i, out);
    }
  }
  const Candidates& from = out.candidates;
  vectorized<Weigh>(k, static_cast<const int32_t*>(from.slot), static_cast<const int32_t*>(from.edge_b),
                    static_cast<const int32_t*>(from.edge_c), out.count, static_cast<int32_t*>(out.triangle),
                    static_cast<float*>(out.nearness), static_cast<float*>(out.b1),
                    static_cast<float*>(out.b2));
}

void draw_fragments(const Scene& s, const Tile& tile, const Fragments& f) {
  for (int i = 0; i < f.count; ++i) {
    const int32_t at = f.pixel[i], t = f.triangle[i];
    if (!tile.take(at, f.nearness[i], t) || !s.weighted) continue;
    tile.weigh(at, f.b1[i], f.b2[i]);
    if (tile.color == nullptr) continue;
    const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(t);
    tile.paint(at, f.b1[i], f.b2[i], s.colors[index[0]], s.colors[index[1]], s.colors[index[2]]);
  }
}

}  // namespace facesdk
