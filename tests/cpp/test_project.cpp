#include "ops/project/project.h"
#include "support.h"

namespace facesdk::test {

TEST_CASE("unproject undoes project") {
  for (const Mesh& mesh : tubes()) {
    const int64_t size = 3 * mesh.num_verts();
    const auto points = same_on_threads("project", size, [&](int threads, float* out) {
      project_cpu({mesh.verts.data(), kCamera, mesh.num_verts(), out, threads});
    });
    const auto back = same_on_threads("unproject", size, [&](int threads, float* out) {
      unproject_cpu({points.data(), kCamera, mesh.num_verts(), out, threads});
    });
    CHECK(largest_difference(back, mesh.verts) < 0.01);
  }
}

TEST_CASE("transform: rotation and shift") {
  const float quarter[9] = {0, -1, 0, 1, 0, 0, 0, 0, 1}, shift[3] = {10, 20, 30};
  const Mesh mesh = tube(5, 12);
  const auto moved = same_on_threads("transform", 3 * mesh.num_verts(), [&](int threads, float* out) {
    transform_cpu({mesh.verts.data(), quarter, shift, mesh.num_verts(), out, threads});
  });
  for (size_t i = 0; i < moved.size(); i += 3) {
    REQUIRE(moved[i] == doctest::Approx(10 - mesh.verts[i + 1]));
    REQUIRE(moved[i + 1] == doctest::Approx(20 + mesh.verts[i]));
    REQUIRE(moved[i + 2] == doctest::Approx(30 + mesh.verts[i + 2]));
  }
}

TEST_CASE("project: hostile numbers") {
  Random random(5);
  auto points = random.floats(3 * 129, -100, 100);
  add_hostile_values(points);
  const auto matrix = random.floats(9, -1, 1), shift = random.floats(3, -1, 1);
  std::vector<float> out(points.size());
  for (const int threads : {1, 3, 16}) {
    transform_cpu({points.data(), matrix.data(), shift.data(), 129, out.data(), threads});
    project_cpu({points.data(), matrix.data(), 129, out.data(), threads});
    unproject_cpu({points.data(), matrix.data(), 129, out.data(), threads});
  }
  CHECK(out.size() == points.size());
}

}  // namespace facesdk::test
