// What the stages of the rasterizer hand to each other: vertices are snapped, triangles become fragments
// chunk by chunk, each fragment that is the nearest so far goes straight into the outputs, and rows that are
// drawn are finished.
#pragma once

#include <cstdint>

#include "common/float4.h"
#include "ops/rasterize/rasterize.h"
#include "ops/rasterize/rasterize_math.h"

namespace facesdk {

// Triangles that become fragments together: what they need stays in the first-level cache.
constexpr int kChunk = 256;
constexpr int kLanes = 16;  // room behind an array for the widest store

struct Scene {
  const RasterizeParams& p;
  const FixedPoint* fixed;  // (V,)
  const float* inverse;     // (V,) 1 / depth
  Rows3 colors;             // of the vertices
  bool weighted;            // whether an output needs the corners' weights
};

// Rows that are drawn together. The arrays begin at the first of them; they are outputs where these are
// wanted.
struct Tile {
  int32_t begin, end;  // rows
  int32_t width;
  float* nearness;    // 1 / depth, 0 where empty
  int32_t* triangle;  // undefined where empty
  float* color;       // undefined where empty, or null
  float* bary;        // the same

  // Whether a fragment is the nearest so far; at equal depth the lower index wins, in whatever order they
  // come.
  FACESDK_HD bool take(int64_t at, float w, int32_t number) const {
    if (!wins(w, number, nearness[at], triangle[at])) return false;
    nearness[at] = w;
    triangle[at] = number;
    return true;
  }

  // Outputs of a pixel from the perspective weights of corners 1 and 2 and the colours of all three.
  FACESDK_HD void paint(int64_t at, float b1, float b2, Float4 c0, Float4 c1, Float4 c2) const {
    if (color != nullptr) store3(color + 3 * at, interpolate(c0, c1, c2, splat(b1), splat(b2)));
  }
  FACESDK_HD void weigh(int64_t at, float b1, float b2) const {
    if (bary == nullptr) return;
    bary[3 * at] = first_weight(b1, b2);
    bary[3 * at + 1] = b1;
    bary[3 * at + 2] = b2;
  }
};

// Triangles between the steps of the vector paths.
struct Survivors {
  static constexpr int kRoom = kChunk + kLanes;
  int count;
  int32_t triangle[kRoom];               //
  int32_t a[kRoom], b[kRoom], c[kRoom];  // vertices
  int32_t pixel[kRoom];                  // of the box's upper left, from the tile's first
  int32_t side[kRoom];                   // the longer one of the box
  int32_t step_b[kRoom], step_c[kRoom];  // change per pixel right (low half) and down (high half), over kSub
  int32_t place[kRoom];                  // of the box's upper left, from corner 0: x (low half) and y
  int32_t area[kRoom];                   // positive
};

struct Queue {
  static constexpr int kRoom = kChunk * kSide * kSide + kLanes;
  int count;
  int32_t bits[kRoom];  // pixels of the box that are covered and are not yet fragments: bit x + kSide y
  int32_t triangle[kRoom];
  int32_t pixel[kRoom];                                        // as in Survivors
  int32_t edge_b[kRoom], edge_c[kRoom];                        // edge values there
  int32_t step_b[kRoom], step_c[kRoom];                        // as in Survivors
  float scale[kRoom];                                          // 1 / area
  float inverse_a[kRoom], inverse_b[kRoom], inverse_c[kRoom];  // 1 / depth of the corners
};

// Covered pixels of a chunk's small triangles before their weights are known; in the plain path.
struct Candidates {
  static constexpr int kRoom = kChunk * kSide * kSide + kLanes;
  int32_t slot[kRoom];                   // the triangle's number in the chunk's arrays
  int32_t edge_b[kRoom], edge_c[kRoom];  // edge values at the pixel
};

// The pixels that the triangles of one chunk cover, in any order; one array per field, for vectors.
// A triangle whose box has more than kSide pixels a side, or is cut by the tile's edge, is large.
struct Fragments {
  static constexpr int kMost = kChunk * kSide * kSide;
  int count, num_large;
  int32_t large[kChunk + kLanes];                // triangles
  int32_t pixel[kMost + kLanes];                 // from the tile's first
  float nearness[kMost + kLanes];                // 1 / depth
  int32_t triangle[kMost + kLanes];              //
  float b1[kMost + kLanes], b2[kMost + kLanes];  // weights of corners 1 and 2, if the scene is weighted
  Candidates candidates;
  Survivors survivors;
  Queue queue;
};

void snap_vertices(const RasterizeParams& p, FixedPoint* fixed, float* inverse);

// Fragments of the triangles [begin, end), at most kChunk of them, on the rows of the tile.
void make_fragments(const Scene& s, const Tile& tile, int64_t begin, int64_t end, Fragments& out);

// Those that are the nearest so far, into the tile.
void draw_fragments(const Scene& s, const Tile& tile, const Fragments& f);

// A triangle of any size straight into the tile.
void draw_large_triangle(const Scene& s, const Tile& tile, int32_t triangle);

// The same for CPUs with AVX-512 and with AVX2; to the bit, but in another order. Only where the CPU has
// them. False, with nothing to be drawn, where an index is not that of a vertex.
bool make_fragments_avx512(const Scene& s, const Tile& tile, int64_t begin, int64_t end, Fragments& out);
void draw_fragments_avx512(const Scene& s, const Tile& tile, const Fragments& f);
void draw_large_triangle_avx512(const Scene& s, const Tile& tile, int32_t triangle);
bool make_fragments_avx2(const Scene& s, const Tile& tile, int64_t begin, int64_t end, Fragments& out);
void draw_fragments_avx2(const Scene& s, const Tile& tile, const Fragments& f);
void draw_large_triangle_avx2(const Scene& s, const Tile& tile, int32_t triangle);
bool make_fragments_neon(const Scene& s, const Tile& tile, int64_t begin, int64_t end, Fragments& out);
void draw_fragments_neon(const Scene& s, const Tile& tile, const Fragments& f);
void draw_large_triangle_neon(const Scene& s, const Tile& tile, int32_t triangle);

// Turns nearness into depth where that is wanted, and empties the pixels that nothing covers.
void resolve_rows(const RasterizeParams& p, const Tile& tile);

}  // namespace facesdk
