// What the stages of the rasterizer hand to each other: vertices are snapped, triangles become fragments
// chunk by chunk, the nearest fragment of each pixel stays, and the outputs are computed from those that
// stayed.
#pragma once

#include <cstdint>
#include <vector>

#include "rasterize/rasterize.h"
#include "rasterize/rasterize_math.h"

namespace facesdk {

// Triangles that become fragments together: what they need stays in the first-level cache.
constexpr int kChunk = 256;
constexpr int kLanes = 16;  // room behind an array for the widest store

// What the outputs of a pixel are computed from, besides 1 / depth.
struct Hit {
  int32_t triangle;
  float s1, s2;  // screen weights of corners 1 and 2, each times its corner's 1 / depth
};

struct Scene {
  const RasterizeParams& p;
  const FixedPoint* fixed;  // (V,)
  const float* inverse;     // (V,) 1 / depth
};

// Triangles with pixels that are not yet fragments: where the AVX-512 path keeps them between its two steps.
struct Queue {
  static constexpr int kRoom = kChunk * kSide * kSide + kLanes;
  int count;
  int32_t bits[kRoom];                   // pixels of the box that are covered: bit x + kSide y
  int32_t triangle[kRoom];               //
  int32_t a[kRoom], b[kRoom], c[kRoom];  // vertices
  int32_t pixel[kRoom];                  // of the box's upper left
  int32_t edge_b[kRoom], edge_c[kRoom];  // edge values there
  int32_t step_b[kRoom], step_c[kRoom];  // change per pixel right (low half) and down (high half), over kSub
  float scale[kRoom];                    // 1 / area
};

// The pixels that the triangles of one chunk cover, in any order; one array per field, for vectors.
// A triangle whose box has more than kSide pixels a side, or is cut by the picture's edge, is left open.
struct Fragments {
  static constexpr int kMost = kChunk * kSide * kSide;
  int count, opens;
  int32_t open[kChunk + kLanes];     // triangles
  int32_t pixel[kMost + kLanes];     // y * W + x
  float nearness[kMost + kLanes];    // 1 / depth
  int32_t triangle[kMost + kLanes];  // as in Hit
  float s1[kMost + kLanes], s2[kMost + kLanes];
  Queue queue;
};

struct RasterizeScratch::Buffers {
  std::vector<FixedPoint> fixed;
  std::vector<float> inverse;
  std::vector<float> nearness;  // (H, W) 1 / depth; 0 where empty
  std::vector<Hit> hits;        // (H, W), undefined where empty
  Fragments fragments;
};

void snap_vertices(const RasterizeParams& p, RasterizeScratch::Buffers& buffers);

// Fragments of the triangles [begin, end), at most kChunk of them.
void make_fragments(const Scene& s, int64_t begin, int64_t end, Fragments& out);

// The same for CPUs with AVX-512; to the bit, but in another order. Only where vector_level() is 2.
void make_fragments_avx512(const Scene& s, int64_t begin, int64_t end, Fragments& out);

// Everything that was asked for, of row y, from that row's winners. Uses `nearness` up.
void resolve_row(const Scene& s, float* nearness, const Hit* hits, int32_t y);

}  // namespace facesdk
