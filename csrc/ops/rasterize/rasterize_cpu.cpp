#include <algorithm>
#include <vector>

#include "common/simd_dispatch.h"
#include "common/thread_pool.h"
#include "common/workspace.h"
#include "ops/rasterize/rasterize.h"
#include "ops/rasterize/stages.h"

namespace facesdk {
namespace {

// Pixels that are drawn together: their nearness and triangles stay in the second-level cache.
constexpr int64_t kTilePixels = 1 << 18;
constexpr int64_t kTilesPerThread = 3;

struct Largest {
  static FACESDK_HD void run(const int32_t* index, int64_t count, uint32_t* out) {
    uint32_t most = 0;
    for (int64_t i = 0; i < count; ++i) {
      const uint32_t v = static_cast<uint32_t>(index[i]);  // a negative index becomes a huge one
      most = v > most ? v : most;
    }
    *out = most;
  }
};

struct Range {
  int32_t low, high;  // y of the corners, 1/4096 px
};

struct TileBuffers {
  std::vector<float> nearness;    // (rows, W) of a tile, where depth is not wanted
  std::vector<int32_t> triangle;  // (rows, W) of a tile, where triangles are not wanted
  Fragments fragments;
};

struct Buffers {
  std::vector<FixedPoint> fixed;  // (V,)
  std::vector<float> inverse;     // (V,)
  std::vector<Range> reach;       // of each chunk
  std::vector<char> fit;          // of each chunk
  PerWorker<TileBuffers> tiles;
};

struct Reach {
  static FACESDK_HD void run(const FixedPoint* fixed, const int32_t* index, int64_t count, Range* out) {
    int32_t low = INT32_MAX, high = INT32_MIN;
    for (int64_t i = 0; i < count; ++i) {
      const int32_t y = fixed[index[i]].y;
      low = y < low ? y : low;
      high = y > high ? y : high;
    }
    *out = {low, high};
  }
};

struct Chunk {
  int64_t begin, end;  // triangles
};

Chunk chunk_at(const RasterizeParams& p, int64_t number) {
  return {number * kChunk, std::min(p.num_triangles, (number + 1) * kChunk)};
}

bool indices_fit(const RasterizeParams& p, Chunk chunk) {
  uint32_t most = 0;
  vectorized<Largest>(p.triangles + 3 * chunk.begin, 3 * (chunk.end - chunk.begin), &most);
  return static_cast<int64_t>(most) < p.num_verts;
}

// The stages of one instruction set.
struct Stages {
  bool (*make_fragments)(const Scene&, const Tile&, int64_t begin, int64_t end, Fragments&);
  void (*draw_fragments)(const Scene&, const Tile&, const Fragments&);
  void (*draw_large_triangle)(const Scene&, const Tile&, int32_t triangle);
};

bool make_fitting_fragments(const Scene& s, const Tile& tile, int64_t begin, int64_t end, Fragments& out) {
  if (!indices_fit(s.p, {begin, end})) return false;
  make_fragments(s, tile, begin, end, out);
  return true;
}

Stages best_stages() {
#if FACESDK_X86
  if (has_avx512(vector_level()))
    return {make_fragments_avx512, draw_fragments_avx512, draw_large_triangle_avx512};
  if (has_avx2(vector_level())) return {make_fragments_avx2, draw_fragments_avx2, draw_large_triangle_avx2};
#elif defined(__aarch64__) && defined(__GNUC__)
  return {make_fragments_neon, draw_fragments_neon, draw_large_triangle_neon};
#endif
  return {make_fitting_fragments, draw_fragments, draw_large_triangle};
}

// False where an index is not that of a vertex.
bool draw_chunk(const Scene& s, const Tile& tile, Chunk chunk, const Stages& stages, Fragments& f) {
  if (!stages.make_fragments(s, tile, chunk.begin, chunk.end, f)) return false;
  stages.draw_fragments(s, tile, f);
  for (int i = 0; i < f.num_large; ++i) stages.draw_large_triangle(s, tile, f.large[i]);
  return true;
}

Tile tile_at(const RasterizeParams& p, int64_t begin, int64_t end, TileBuffers& own) {
  const int64_t start = begin * p.width, pixels = (end - begin) * p.width;
  Tile c{};
  c.begin = static_cast<int32_t>(begin), c.end = static_cast<int32_t>(end), c.width = p.width;
  c.nearness = p.depth != nullptr ? p.depth + start : at_least(own.nearness, pixels);
  c.triangle = p.triangle != nullptr ? p.triangle + start : at_least(own.triangle, pixels);
  c.color = p.color != nullptr ? p.color + 3 * start : nullptr;
  c.bary = p.bary != nullptr ? p.bary + 3 * start : nullptr;
  std::fill(c.nearness, c.nearness + pixels, 0.0f);
  return c;
}

bool draw_at_once(const Scene& s, TileBuffers& own) {
  const Tile tile = tile_at(s.p, 0, s.p.height, own);
  const Stages stages = best_stages();
  for (int64_t begin = 0; begin < s.p.num_triangles; begin += kChunk) {
    const Chunk chunk = chunk_at(s.p, begin / kChunk);
    if (!draw_chunk(s, tile, chunk, stages, own.fragments)) return false;
  }
  resolve_rows(s.p, tile);
  return true;
}

// Rows apart, for threads and for pictures larger than the cache: first the rows that each chunk reaches,
// then tile by tile the chunks that reach it.
bool draw_in_tiles(const Scene& s, Buffers& buffers) {
  const RasterizeParams& p = s.p;
  const int64_t chunks = (p.num_triangles + kChunk - 1) / kChunk;
  Range* const reach = at_least(buffers.reach, chunks);
  char* const fit = at_least(buffers.fit, chunks);
  parallel_bands(chunks, p.threads, [&](int64_t begin, int64_t end) {
    for (int64_t number = begin; number < end; ++number) {
      const Chunk chunk = chunk_at(p, number);
      fit[number] = indices_fit(p, chunk);
      if (fit[number] == 0) continue;
      vectorized<Reach>(s.fixed, p.triangles + 3 * chunk.begin, 3 * (chunk.end - chunk.begin),
                        &reach[number]);
    }
  });
  if (std::find(fit, fit + chunks, 0) != fit + chunks) return false;

  const int64_t shared = p.threads > 1 ? kTilesPerThread * p.threads : 1;
  const int64_t rows =
      std::max<int64_t>(1, std::min(kTilePixels / p.width, (p.height + shared - 1) / shared));
  const Stages stages = best_stages();
  parallel_tasks((p.height + rows - 1) / rows, p.threads, [&](int64_t task, int worker) {
    TileBuffers& own = buffers.tiles[worker];
    const Tile tile = tile_at(p, task * rows, std::min<int64_t>(p.height, (task + 1) * rows), own);
    for (int64_t number = 0; number < chunks; ++number) {
      const Range range = reach[number];
      if (first_pixel(range.low) >= tile.end || last_pixel(range.high) < tile.begin) continue;
      draw_chunk(s, tile, chunk_at(p, number), stages, own.fragments);
    }
    resolve_rows(p, tile);
  });
  return true;
}

}  // namespace

bool rasterize_cpu(const RasterizeParams& p, Workspace& workspace) {
  Buffers& own = workspace.of<Buffers>();
  own.tiles.reserve(p.threads);
  FixedPoint* fixed = at_least(own.fixed, p.num_verts);
  float* inverse = at_least(own.inverse, p.num_verts);
  snap_vertices(p, fixed, inverse);
  const bool colored = p.color != nullptr;
  const Scene s{p, fixed, inverse, Rows3(p.colors, colored ? p.num_verts : 0), colored || p.bary != nullptr};
  if (p.threads == 1 && static_cast<int64_t>(p.height) * p.width <= kTilePixels)
    return draw_at_once(s, own.tiles[0]);
  return draw_in_tiles(s, own);
}

}  // namespace facesdk
