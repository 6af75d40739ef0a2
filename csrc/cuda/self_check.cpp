#include "cuda/self_check.h"

#include <cstring>

#include "common/workspace.h"
#include "cuda/device_array.h"
#include "ops/normals/vertex_groups.h"
#include "ops/rasterize/rasterize_cuda.h"
#include "ops/shade_and_project/shade_and_project_cuda.h"

namespace facesdk {
namespace {

constexpr int32_t kCells = 24;  // a side of the mesh
constexpr int64_t kVerts = (kCells + 1) * (kCells + 1), kFaces = 2;
constexpr int32_t kSide = 96;  // px
constexpr int64_t kPixels = kFaces * kSide * kSide;

// A bowl of triangles, and for each face a camera and a light.
struct Scene {
  std::vector<float> verts, albedo, rotation, shift, intrinsics, sh;
  std::vector<int32_t> triangles;
};

Scene make_scene() {
  Scene s;
  for (int64_t face = 0; face < kFaces; ++face) {
    const auto depth = static_cast<float>(1 + face);
    for (int32_t row = 0; row <= kCells; ++row) {
      for (int32_t column = 0; column <= kCells; ++column) {
        const float x = 2.0f * static_cast<float>(column) / kCells - 1.0f;
        const float y = 2.0f * static_cast<float>(row) / kCells - 1.0f;
        s.verts.insert(s.verts.end(), {70.0f * x, 70.0f * y, depth * 30.0f * (x * x + x * y)});
        s.albedo.insert(s.albedo.end(), {0.5f + 0.4f * x, 0.5f + 0.4f * y, 0.6f});
      }
    }
    s.rotation.insert(s.rotation.end(), {0.96f, 0.0f, 0.28f, 0.0f, -1.0f, 0.0f, 0.28f, 0.0f, -0.96f});
    s.shift.insert(s.shift.end(), {3.0f, -2.0f, 900.0f + 40.0f * depth});
    s.intrinsics.insert(s.intrinsics.end(), {520, 0, 47.5f, 0, 520, 47.5f, 0, 0, 1});
    for (int i = 0; i < 27; ++i) s.sh.push_back(i < 3 ? 2.5f : 0.01f * static_cast<float>(i * depth));
  }
  for (int32_t row = 0; row < kCells; ++row) {
    for (int32_t column = 0; column < kCells; ++column) {
      const int32_t a = row * (kCells + 1) + column, b = a + 1, c = a + kCells + 2, d = a + kCells + 1;
      s.triangles.insert(s.triangles.end(), {a, b, c, a, c, d});
    }
  }
  return s;
}

struct Drawing {
  std::vector<float> points, colors, color, depth;
};

RasterizeParams picture_of(const int32_t* triangles) {
  RasterizeParams p{};
  p.triangles = triangles, p.num_verts = kVerts, p.num_triangles = 2 * kCells * kCells;
  p.height = p.width = kSide, p.threads = 1;
  return p;
}

Drawing draw_by_cpu(const Scene& s) {
  Drawing d{std::vector<float>(3 * kFaces * kVerts), std::vector<float>(3 * kFaces * kVerts),
            std::vector<float>(3 * kPixels), std::vector<float>(kPixels)};
  Workspace workspace;
  for (int64_t face = 0; face < kFaces; ++face) {
    const int64_t verts = 3 * kVerts * face, pixels = kPixels / kFaces * face;
    float *points = d.points.data() + verts, *colors = d.colors.data() + verts;
    shade_and_project_cpu({s.verts.data() + verts, s.triangles.data(), s.rotation.data() + 9 * face,
                           s.shift.data() + 3 * face, s.intrinsics.data() + 9 * face, s.albedo.data() + verts,
                           s.sh.data() + 27 * face, kVerts, 2 * kCells * kCells, points, colors, 1},
                          workspace);
    RasterizeParams p = picture_of(s.triangles.data());
    p.points = points, p.colors = colors;
    p.color = d.color.data() + 3 * pixels, p.depth = d.depth.data() + pixels;
    rasterize_cpu(p, workspace);
  }
  return d;
}

Drawing draw_by_kernels(const Scene& s) {
  VertexGroups groups;
  find_vertex_groups(s.triangles.data(), 2 * kCells * kCells, kVerts, &groups);
  const DeviceArray<int32_t> triangles(s.triangles), ptr(groups.ptr), first(groups.first);
  const DeviceArray<float> verts(s.verts), albedo(s.albedo), rotation(s.rotation), shift(s.shift);
  const DeviceArray<float> intrinsics(s.intrinsics), sh(s.sh);
  const DeviceArray<float> points(3 * kFaces * kVerts), colors(3 * kFaces * kVerts), inverse(kFaces * kVerts);
  const DeviceArray<float> color(3 * kPixels), depth(kPixels);
  const DeviceArray<FixedPoint> fixed(kFaces * kVerts);
  const DeviceArray<unsigned long long> keys(kPixels);
  const DeviceArray<int> bad_index(1);
  const Stream stream;
  check(shade_and_project_cuda(
      {verts.data(), triangles.data(), rotation.data(), shift.data(), intrinsics.data(), albedo.data(),
       sh.data(), kVerts, 2 * kCells * kCells, points.data(), colors.data(), 0},
      {ptr.data(), first.data()}, kFaces, stream.get()));
  RasterizeParams p = picture_of(triangles.data());
  p.points = points.data(), p.colors = colors.data(), p.color = color.data(), p.depth = depth.data();
  check(
      rasterize_cuda(p, {fixed.data(), inverse.data(), keys.data(), bad_index.data()}, kFaces, stream.get()));
  stream.wait();
  return {points.values(), colors.values(), color.values(), depth.values()};
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

std::vector<KernelCheck> check_kernels() {
  const Scene scene = make_scene();
  const Drawing cpu = draw_by_cpu(scene), kernels = draw_by_kernels(scene);
  return {{"shade_and_project", same(cpu.points, kernels.points) && same(cpu.colors, kernels.colors)},
          {"rasterize", same(cpu.color, kernels.color) && same(cpu.depth, kernels.depth)}};
}

}  // namespace facesdk
