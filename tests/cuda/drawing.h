// Pictures of the rasterizer by the CPU and by the kernels.
#pragma once

#include <doctest.h>

#include "cuda/device_array.h"
#include "faces.h"
#include "grid_orders.h"
#include "ops/rasterize/rasterize_cuda.h"
#include "same_bits.h"

namespace facesdk::test {

struct Scenes {
  std::vector<float> points, colors;  // (F, V, 3)
  std::vector<int32_t> triangles;
  int64_t faces, num_verts;
  int32_t height, width;
  bool cull;
};

struct Pictures {
  std::vector<float> color, depth, bary;
  std::vector<int32_t> triangle;
};

inline RasterizeParams params_of(const Scenes& s) {
  RasterizeParams p{};
  p.num_verts = s.num_verts, p.num_triangles = static_cast<int64_t>(s.triangles.size() / 3);
  p.height = s.height, p.width = s.width, p.cull = s.cull, p.threads = 1;
  return p;
}

inline Pictures drawn_by_cpu(const Scenes& s) {
  const size_t pixels = static_cast<size_t>(s.faces) * static_cast<size_t>(s.height * s.width);
  Pictures out{std::vector<float>(3 * pixels), std::vector<float>(pixels), std::vector<float>(3 * pixels),
               std::vector<int32_t>(pixels)};
  static Workspace workspace;
  for (int64_t f = 0; f < s.faces; ++f) {
    RasterizeParams p = params_of(s);
    p.points = of_face(s.points, f, s.faces), p.colors = of_face(s.colors, f, s.faces);
    p.triangles = s.triangles.data();
    p.color = of_face(out.color, f, s.faces), p.depth = of_face(out.depth, f, s.faces);
    p.bary = of_face(out.bary, f, s.faces), p.triangle = of_face(out.triangle, f, s.faces);
    REQUIRE(rasterize_cpu(p, workspace));
  }
  return out;
}

// Draws by the kernels and compares with `want`. Returns whether an index was no vertex.
inline bool draw_and_compare(const Scenes& s, const Pictures* want) {
  const DeviceArray<float> points(s.points), colors(s.colors);
  const DeviceArray<int32_t> triangles(s.triangles);
  const int64_t pixels = s.faces * s.height * s.width;
  const DeviceArray<float> color(3 * pixels), depth(pixels), bary(3 * pixels), inverse(s.faces * s.num_verts);
  const DeviceArray<int32_t> triangle(pixels);
  const DeviceArray<FixedPoint> fixed(s.faces * s.num_verts);
  const DeviceArray<unsigned long long> keys(pixels);
  const DeviceArray<int> bad_index(1);
  RasterizeParams p = params_of(s);
  p.points = points.data(), p.colors = colors.data(), p.triangles = triangles.data();
  p.color = color.data(), p.depth = depth.data(), p.bary = bary.data(), p.triangle = triangle.data();
  const Stream stream;
  check(rasterize_cuda(p, {fixed.data(), inverse.data(), keys.data(), bad_index.data()}, s.faces,
                       stream.get()));
  stream.wait();
  if (want != nullptr) {
    CHECK_SAME_BITS(triangle.values(), want->triangle);
    CHECK_SAME_BITS(depth.values(), want->depth);
    CHECK_SAME_BITS(bary.values(), want->bary);
    CHECK_SAME_BITS(color.values(), want->color);
  }
  return bad_index.values()[0] != 0;
}

}  // namespace facesdk::test
