#include "ops/normals/normals.h"
#include "support.h"

namespace facesdk::test {
namespace {

// Faces of a wavy sheet cut in four, whose triangles come fan by fan, and the same triangles in another
// order.
struct Sheet {
  std::vector<float> verts;
  std::vector<int32_t> fans, others;
};

Sheet sheet(int32_t side) {
  Random random(3);
  Sheet made;
  const int32_t across = 2 * side + 1;
  for (int32_t y = 0; y < across; ++y) {
    for (int32_t x = 0; x < across; ++x) {
      made.verts.insert(made.verts.end(),
                        {static_cast<float>(x), static_cast<float>(y), random.uniform(-1, 1)});
    }
  }
  const auto at = [across](int32_t column, int32_t row) { return row * across + column; };
  for (int32_t y = 1; y < across; y += 2) {
    for (int32_t x = 1; x < across; x += 2) {
      const int32_t corner[4] = {at(x - 1, y - 1), at(x + 1, y - 1), at(x + 1, y + 1), at(x - 1, y + 1)};
      const int32_t edge[4] = {at(x, y - 1), at(x + 1, y), at(x, y + 1), at(x - 1, y)};
      for (int i = 0; i < 4; ++i) {
        const int32_t before = edge[(i + 3) % 4];
        made.fans.insert(made.fans.end(), {corner[i], edge[i], at(x, y), corner[i], at(x, y), before});
        made.others.insert(made.others.end(), {at(x, y), before, corner[i], edge[i], at(x, y), corner[i]});
      }
    }
  }
  return made;
}

}  // namespace

TEST_CASE("normals of a tube point away from its axis") {
  Workspace workspace;
  for (const Mesh& mesh : tubes()) {
    const auto normals = same_on_threads("normals", 3 * mesh.num_verts(), [&](int threads, float* out) {
      CHECK(normals_cpu(
          {mesh.verts.data(), mesh.triangles.data(), mesh.num_verts(), mesh.num_triangles(), out, threads},
          workspace));
    });
    bool outside = true;
    for (size_t i = 0; i < normals.size(); i += 3) {
      const float along = normals[i] * mesh.verts[i] + normals[i + 2] * (mesh.verts[i + 2] - 1200.0f);
      outside &= along / 50.0f > 0.97f && std::fabs(normals[i + 1]) < 0.1f;
    }
    CHECK(outside);
  }
}

TEST_CASE("normals: fans give what their triangles give one by one") {
  Workspace workspace;
  for (const int32_t side : {1, 2, 9}) {
    Sheet made = sheet(side);
    const auto size = static_cast<int64_t>(made.verts.size());
    const auto triangles = static_cast<int64_t>(made.fans.size() / 3);
    const auto fans = same_on_threads("normals", size, [&](int threads, float* out) {
      normals_cpu({made.verts.data(), made.fans.data(), size / 3, triangles, out, threads}, workspace);
    });
    std::vector<float> plain(made.verts.size());
    normals_cpu({made.verts.data(), made.others.data(), size / 3, triangles, plain.data(), 1}, workspace);
    CHECK(largest_difference(plain, fans) < 1e-5);
    made.fans[10] = -1;
    CHECK_FALSE(
        normals_cpu({made.verts.data(), made.fans.data(), size / 3, triangles, plain.data(), 1}, workspace));
  }
}

TEST_CASE("normals: hostile numbers") {
  Workspace workspace;
  Random random(4);
  for (const int64_t verts : {1, 2, 5, 127, 129, 2049}) {
    auto points = random.floats(3 * verts, -100, 100);
    add_hostile_values(points);
    const auto triangles = random.indices(9 * verts, verts);
    std::vector<float> out(points.size());
    for (const int threads : {1, 3, 16}) {
      CHECK(normals_cpu({points.data(), triangles.data(), verts, 3 * verts, out.data(), threads}, workspace));
    }
  }
}

}  // namespace facesdk::test
