#include <algorithm>
#include <memory>
#include <vector>

#include "common/parallel.h"
#include "common/vectorize.h"
#include "rasterize/rasterize.h"
#include "rasterize/rasterize_math.h"
#include "rasterize/stages.h"

namespace facesdk {
namespace {

// Rows that are drawn and finished together.
struct Strip {
  int32_t begin, end;  // rows
  int32_t width;
  float* nearness;  // (end - begin, width)
  Hit* hits;        // (end - begin, width)

  // The nearest triangle wins, at equal depth the lower index, in whatever order they come.
  void offer(int32_t pixel, float w, const Hit& hit) const {
    const int32_t at = pixel - begin * width;
    if (w < nearness[at] || (w == nearness[at] && (w == 0.0f || hit.triangle > hits[at].triangle))) return;
    nearness[at] = w;
    hits[at] = hit;
  }
};

constexpr int64_t kStripPixels = 1 << 18;

void fragments_of(const Scene& s, int64_t chunk, Fragments& out) {
  const int64_t begin = chunk * kChunk, end = std::min(s.p.num_triangles, begin + kChunk);
#if FACESDK_X86
  if (vector_level() == 2) return make_fragments_avx512(s, begin, end, out);
#endif
  make_fragments(s, begin, end, out);
}

// A triangle of any size: 64-bit edge values, stepped from pixel to pixel.
void draw_open(const Scene& s, int32_t t, const Strip& strip) {
  const int32_t* index = s.p.triangles + 3 * static_cast<int64_t>(t);
  const FixedPoint a = s.fixed[index[0]], b = s.fixed[index[1]], c = s.fixed[index[2]];
  const int32_t y0 = std::max(first_pixel(std::min(a.y, std::min(b.y, c.y))), strip.begin);
  const int32_t y1 = std::min(last_pixel(std::max(a.y, std::max(b.y, c.y))), strip.end - 1);
  if (y0 > y1 || std::min(a.x, std::min(b.x, c.x)) == kNoVertex) return;
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
  const float w0 = s.inverse[index[0]], w1 = s.inverse[index[1]], w2 = s.inverse[index[2]];
  for (int32_t y = y0; y <= y1; ++y, walk_a.step_down(), walk_q.step_down(), walk_r.step_down()) {
    int64_t first = 0, last = x1 - x0;
    walk_a.narrow(&first, &last);
    walk_q.narrow(&first, &last);
    walk_r.narrow(&first, &last);
    if (first > last) continue;
    int32_t pixel = y * s.p.width + x0 + static_cast<int32_t>(first);
    int64_t in_q = walk_q.row - bias_q + first * walk_q.right,
            in_r = walk_r.row - bias_r + first * walk_r.right;
    for (int64_t x = first; x <= last; ++x, ++pixel, in_q += walk_q.right, in_r += walk_r.right) {
      const float lq = static_cast<float>(in_q) * scale, lr = static_cast<float>(in_r) * scale;
      const float l1 = flip ? lr : lq, l2 = flip ? lq : lr;
      strip.offer(pixel, inverse_depth(w0, w1, w2, l1, l2), {t, l1 * w1, l2 * w2});
    }
  }
}

void clear(const Strip& strip) {
  std::fill(strip.nearness, strip.nearness + static_cast<int64_t>(strip.end - strip.begin) * strip.width,
            0.0f);
}

void resolve(const Scene& s, const Strip& strip) {
  for (int32_t y = strip.begin; y < strip.end; ++y) {
    const int64_t row = static_cast<int64_t>(y - strip.begin) * strip.width;
    resolve_row(s, strip.nearness + row, strip.hits + row, y);
  }
}

// One thread and a picture that fits the caches: each chunk goes straight into the picture.
void draw_at_once(const Scene& s, RasterizeScratch::Buffers& buffers) {
  const size_t pixels = static_cast<size_t>(s.p.height) * static_cast<size_t>(s.p.width);
  if (buffers.hits.size() < pixels) {
    buffers.nearness.resize(pixels);
    buffers.hits.resize(pixels);
  }
  const Strip strip{0, s.p.height, s.p.width, buffers.nearness.data(), buffers.hits.data()};
  clear(strip);
  Fragments& f = buffers.fragments;
  for (int64_t chunk = 0; chunk * kChunk < s.p.num_triangles; ++chunk) {
    fragments_of(s, chunk, f);
    for (int i = 0; i < f.count; ++i) {
      strip.offer(f.pixel[i], f.nearness[i], {f.triangle[i], f.s1[i], f.s2[i]});
    }
    for (int i = 0; i < f.opens; ++i) draw_open(s, f.open[i], strip);
  }
  resolve(s, strip);
}

// The same in two steps: chunks are shared out among the threads, then rows.
struct Fragment {
  int32_t pixel;
  float nearness;
  Hit hit;
};

struct Drawn {
  std::vector<Fragment> fragments;
  std::vector<int32_t> open;
  int32_t low = INT32_MAX, high = INT32_MIN;  // pixels that the fragments reach
};

Drawn keep(const Fragments& f) {
  Drawn drawn;
  drawn.fragments.resize(static_cast<size_t>(f.count));
  for (int i = 0; i < f.count; ++i) {
    drawn.fragments[static_cast<size_t>(i)] = {f.pixel[i], f.nearness[i], {f.triangle[i], f.s1[i], f.s2[i]}};
    drawn.low = std::min(drawn.low, f.pixel[i]);
    drawn.high = std::max(drawn.high, f.pixel[i]);
  }
  drawn.open.assign(f.open, f.open + f.opens);
  return drawn;
}

void draw(const Scene& s, const Drawn& drawn, const Strip& strip) {
  for (const int32_t t : drawn.open) draw_open(s, t, strip);
  const int32_t low = strip.begin * strip.width, high = strip.end * strip.width;
  if (drawn.high < low || drawn.low >= high) return;
  for (const Fragment& f : drawn.fragments) {
    if (f.pixel >= low && f.pixel < high) strip.offer(f.pixel, f.nearness, f.hit);
  }
}

void draw_in_strips(const Scene& s) {
  const RasterizeParams& p = s.p;
  std::vector<Drawn> chunks(static_cast<size_t>((p.num_triangles + kChunk - 1) / kChunk));
  parallel_bands(static_cast<int64_t>(chunks.size()), p.threads, [&](int64_t begin, int64_t end) {
    const auto fragments = std::make_unique<Fragments>();
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      fragments_of(s, chunk, *fragments);
      chunks[static_cast<size_t>(chunk)] = keep(*fragments);
    }
  });

  const int64_t rows = std::max<int64_t>(1, kStripPixels / p.width);
  parallel_bands(p.height, p.threads, [&](int64_t begin, int64_t end) {
    const size_t pixels = static_cast<size_t>(std::min(rows, end - begin) * p.width);
    std::vector<float> nearness(pixels);
    std::vector<Hit> hits(pixels);
    for (int64_t row = begin; row < end; row += rows) {
      const Strip strip{static_cast<int32_t>(row), static_cast<int32_t>(std::min(end, row + rows)), p.width,
                        nearness.data(), hits.data()};
      clear(strip);
      for (const Drawn& drawn : chunks) draw(s, drawn, strip);
      resolve(s, strip);
    }
  });
}

}  // namespace

RasterizeScratch::RasterizeScratch() : buffers_(std::make_unique<Buffers>()) {}
RasterizeScratch::~RasterizeScratch() = default;

void rasterize_cpu(const RasterizeParams& p) {
  if (p.scratch == nullptr) {
    RasterizeScratch own;
    RasterizeParams with_own = p;
    with_own.scratch = &own;
    return rasterize_cpu(with_own);
  }
  RasterizeScratch::Buffers& buffers = p.scratch->buffers();
  snap_vertices(p, buffers);
  const Scene s{p, buffers.fixed.data(), buffers.inverse.data()};
  if (p.threads == 1 && static_cast<int64_t>(p.height) * p.width <= kStripPixels) {
    draw_at_once(s, buffers);
  } else {
    draw_in_strips(s);
  }
}

}  // namespace facesdk
