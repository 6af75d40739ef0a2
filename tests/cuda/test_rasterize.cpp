#include <cmath>
#include <utility>

#include "drawing.h"
#include "ops/project/project.h"

namespace facesdk::test {
namespace {

void compare(const Scenes& s) {
  const Pictures want = drawn_by_cpu(s);
  in_all_orders([&] { CHECK_FALSE(draw_and_compare(s, &want)); });
}

// Triangles of any size, in front of each other and beside the picture, some behind the camera, some on whole
// pixels, some of one depth.
Scenes random_scene(uint32_t seed) {
  Random random(seed);
  const int64_t verts = 3 + random.index(60), triangles = 1 + random.index(40);
  Scenes s{
      {},           random.floats(3 * verts, -1, 2), random.indices(3 * triangles, verts), 1, verts, 0, 0,
      seed % 2 == 0};
  s.height = 1 + random.index(40), s.width = 1 + random.index(40);
  const float grid = seed % 3 == 0 ? 1.0f : 4096.0f;
  for (int64_t v = 0; v < verts; ++v) {
    for (int axis = 0; axis < 2; ++axis)
      s.points.push_back(std::floor(random.uniform(-20, 60) * grid) / grid);
    s.points.push_back(seed % 5 == 0 ? 900.0f : random.uniform(-30, 900));
  }
  return s;
}

TEST_CASE("rasterize: 200 random meshes with the CPU's bits") {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    compare(random_scene(seed));
  }
}

TEST_CASE("rasterize: tubes of large and small triangles, several faces at once") {
  for (const auto& [rings, segments] : {std::pair{9, 12}, std::pair{35, 64}}) {
    const Faces faces = bent_tubes(rings, segments, 3, 11);
    Scenes s{std::vector<float>(faces.verts.size()),
             Random(4).floats(static_cast<int64_t>(faces.verts.size()), 0, 1),
             faces.mesh.triangles,
             3,
             faces.mesh.num_verts(),
             120,
             120,
             true};
    project_cpu({faces.verts.data(), kCamera, 3 * s.num_verts, s.points.data(), 1});
    compare(s);
  }
}

TEST_CASE("rasterize: points that arithmetic may stumble over") {
  Scenes s = random_scene(1);
  add_hostile_values(s.points);
  compare(s);
}

TEST_CASE("rasterize: triangles with an index that is no vertex are left out and reported") {
  Scenes s = random_scene(2);
  const Pictures want = drawn_by_cpu(s);
  for (const int32_t wrong : {-1, static_cast<int32_t>(s.num_verts), 1 << 30}) {
    Scenes bad = s;
    bad.triangles.insert(bad.triangles.end(), {0, wrong, 1});
    in_all_orders([&] { CHECK(draw_and_compare(bad, &want)); });
  }
}

TEST_CASE("rasterize: the order of keys is that of fragments") {
  Random random(12);
  const float some[] = {1e-38f, 1e-9f, 0.001f, 0.001f, 0.0010000001f, 1.0f, 1e6f};
  for (int i = 0; i < 2000; ++i) {
    const float a = some[random.index(7)], b = some[random.index(7)];
    const int32_t s = random.index(3), t = s + 1 + random.index(5);
    CHECK((fragment_key(a, s) < fragment_key(b, t)) == wins(a, s, b, t));
    CHECK((fragment_key(a, t) < fragment_key(b, s)) == wins(a, t, b, s));
    CHECK(nearness_of(fragment_key(a, t)) == a);
    CHECK(triangle_of(fragment_key(a, t)) == t);
    CHECK(fragment_key(a, t) < kEmptyKey);
  }
}

}  // namespace
}  // namespace facesdk::test
