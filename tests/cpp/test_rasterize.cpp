#include <algorithm>

#include "ops/project/project.h"
#include "ops/rasterize/rasterize.h"
#include "support.h"

namespace facesdk::test {
namespace {

struct Picture {
  std::vector<float> color, depth, bary;
  std::vector<int32_t> triangle;
};

Picture draw(const std::vector<float>& points, const std::vector<int32_t>& triangles,
             const std::vector<float>& colors, int32_t height, int32_t width, bool cull, int threads) {
  static Workspace workspace;
  const size_t pixels = static_cast<size_t>(height) * static_cast<size_t>(width);
  Picture out{std::vector<float>(3 * pixels), std::vector<float>(pixels), std::vector<float>(3 * pixels),
              std::vector<int32_t>(pixels)};
  RasterizeParams p{};
  p.points = points.data(), p.num_verts = static_cast<int64_t>(points.size() / 3);
  p.triangles = triangles.data(), p.num_triangles = static_cast<int64_t>(triangles.size() / 3);
  p.colors = colors.data(), p.height = height, p.width = width, p.cull = cull, p.threads = threads;
  p.color = out.color.data(), p.depth = out.depth.data(), p.bary = out.bary.data();
  p.triangle = out.triangle.data();
  CHECK(rasterize_cpu(p, workspace));
  return out;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// The same on 1, 2 and 4 threads; added to the digest.
Picture draw_and_compare(const std::vector<float>& points, const std::vector<int32_t>& triangles,
                         const std::vector<float>& colors, int32_t side, bool cull) {
  Picture one = draw(points, triangles, colors, side, side, cull, 1);
  for (const int threads : {2, 4}) {
    const Picture more = draw(points, triangles, colors, side, side, cull, threads);
    CHECK(same_bits(one.color, more.color));
    CHECK(same_bits(one.depth, more.depth));
    CHECK(same_bits(one.bary, more.bary));
    CHECK(one.triangle == more.triangle);
  }
  add_to_digest("rasterize", one.color);
  add_to_digest("rasterize", one.depth);
  add_to_digest("rasterize", one.bary);
  add_to_digest("rasterize", one.triangle);
  return one;
}

}  // namespace

TEST_CASE("rasterize: two triangles cover the pixels of their rectangle exactly once") {
  constexpr int32_t kHeight = 29, kWidth = 33;
  Workspace workspace;
  Random random(9);
  std::vector<int32_t> drawn(kHeight * kWidth), seen(drawn.size());
  bool once = true;
  for (int run = 0; run < 400; ++run) {
    // Every second rectangle has its edges on pixel centres, where the top-left rule decides.
    const float grid = run % 2 == 0 ? 1.0f : 4096.0f;
    const auto place = [&](float most) { return std::floor(random.uniform(-6.0f, most) * grid) / grid; };
    float x0 = place(40), x1 = place(40), y0 = place(36), y1 = place(36);
    if (x1 < x0) std::swap(x0, x1);
    if (y1 < y0) std::swap(y0, y1);
    const float points[12] = {x0, y0, 900, x1, y0, 900, x1, y1, 900, x0, y1, 900};
    const int32_t halves[2][6] = {{0, 1, 2, 0, 2, 3}, {0, 1, 3, 1, 2, 3}};
    std::fill(seen.begin(), seen.end(), 0);
    for (int half = 0; half < 2; ++half) {
      RasterizeParams p{};
      p.points = points, p.num_verts = 4, p.triangles = halves[run / 2 % 2] + 3 * half, p.num_triangles = 1;
      p.height = kHeight, p.width = kWidth, p.triangle = drawn.data(), p.threads = 1 + run % 3;
      rasterize_cpu(p, workspace);
      for (size_t i = 0; i < seen.size(); ++i) seen[i] += drawn[i] >= 0;
    }
    for (int32_t y = 0; y < kHeight; ++y) {
      for (int32_t x = 0; x < kWidth; ++x) {
        const float fx = static_cast<float>(x), fy = static_cast<float>(y);
        const int inside = fx >= x0 && fx < x1 && fy >= y0 && fy < y1;
        once &= seen[static_cast<size_t>(y * kWidth + x)] == inside;
      }
    }
  }
  CHECK(once);
}

TEST_CASE("rasterize: the near side of a tube, on any number of threads") {
  Random random(10);
  for (const Mesh& mesh : tubes()) {
    std::vector<float> points(mesh.verts.size());
    project_cpu({mesh.verts.data(), kCamera, mesh.num_verts(), points.data(), 1});
    const auto colors = random.floats(3 * mesh.num_verts(), 0, 1);
    const Picture picture = draw_and_compare(points, mesh.triangles, colors, 120, true);
    float nearest = 1e9f, farthest = 0.0f;
    int64_t covered = 0;
    for (const float d : picture.depth) {
      if (d == 0.0f) continue;
      ++covered;
      nearest = std::min(nearest, d);
      farthest = std::max(farthest, d);
    }
    CHECK(covered > 120 * 120 / 4);
    CHECK(nearest > 1149.0f);
    CHECK(nearest < 1151.0f);
    CHECK(farthest < 1201.0f);
    draw_and_compare(points, mesh.triangles, colors, 61, false);
  }
}

// A soup of triangles of 1 to 300 px that cross each other, are cut by every border and lie at equal depths.
TEST_CASE("rasterize: triangles of every size in any order") {
  Random random(11);
  for (const float size : {0.5f, 1.5f, 4.0f, 6.0f, 12.0f, 40.0f, 300.0f}) {
    std::vector<float> points;
    std::vector<int32_t> triangles;
    for (int32_t t = 0; t < 700; ++t) {
      const float x = random.uniform(-10, 140), y = random.uniform(-10, 140);
      const float depth = std::floor(random.uniform(500, 503));
      for (int corner = 0; corner < 3; ++corner) {
        const float tilt = t % 3 == 0 ? random.uniform(0, 5) : 0.0f;
        points.insert(points.end(),
                      {x + random.uniform(-size, size), y + random.uniform(-size, size), depth + tilt});
        triangles.push_back(3 * t + corner);
      }
    }
    const auto colors = random.floats(static_cast<int64_t>(points.size()), 0, 1);
    draw_and_compare(points, triangles, colors, 131, false);
    draw_and_compare(points, triangles, colors, 131, true);
  }
}

TEST_CASE("rasterize: equal depth goes to the lower index, whatever the order") {
  Workspace workspace;
  const float points[12] = {0, 0, 900, 20, 0, 900, 20, 20, 900, 0, 20, 900};
  const int32_t triangles[12] = {0, 1, 2, 0, 1, 2, 0, 2, 3, 0, 2, 3};
  std::vector<int32_t> drawn(32 * 32);
  RasterizeParams p{};
  p.points = points, p.num_verts = 4, p.triangles = triangles, p.num_triangles = 4;
  p.height = p.width = 32, p.triangle = drawn.data(), p.threads = 1;
  CHECK(rasterize_cpu(p, workspace));
  CHECK(std::count(drawn.begin(), drawn.end(), 0) > 100);
  CHECK(std::count(drawn.begin(), drawn.end(), 2) > 100);
  CHECK(std::count(drawn.begin(), drawn.end(), 1) == 0);
  CHECK(std::count(drawn.begin(), drawn.end(), 3) == 0);
}

TEST_CASE("rasterize: an index that is none is told") {
  Workspace workspace;
  const float points[9] = {0, 0, 900, 20, 0, 900, 20, 20, 900};
  std::vector<float> depth(32 * 32);
  for (const int32_t wrong : {-1, 3, INT32_MAX, INT32_MIN}) {
    const int32_t triangles[6] = {0, 1, 2, 0, wrong, 2};
    RasterizeParams p{};
    p.points = points, p.num_verts = 3, p.triangles = triangles, p.num_triangles = 2;
    p.height = p.width = 32, p.depth = depth.data();
    for (const int threads : {1, 2}) {
      p.threads = threads;
      CHECK_FALSE(rasterize_cpu(p, workspace));
    }
  }
}

TEST_CASE("rasterize: hostile numbers") {
  Random random(12);
  for (const int threads : {1, 2, 3, 16}) {
    for (const int32_t side : {1, 2, 31, 257}) {
      for (const int64_t count : {0, 1, 511, 513, 1500}) {
        constexpr int64_t kVerts = 211;
        const auto reach = static_cast<float>(2 * side + 1);
        auto points = random.floats(3 * kVerts, -0.5f * reach, 1.5f * reach);
        add_hostile_values(points);
        for (size_t i = 0; i < 30; ++i) points[3 * i] *= 40.0f * static_cast<float>(i);  // to the guard band
        const auto triangles = random.indices(3 * count, kVerts);
        const Picture picture =
            draw(points, triangles, points, side, 2 * side + 1, threads % 2 == 0, threads);
        CHECK(std::all_of(picture.triangle.begin(), picture.triangle.end(),
                          [&](int32_t t) { return t >= -1 && t < count; }));
      }
    }
  }
}

}  // namespace facesdk::test
