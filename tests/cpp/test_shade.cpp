#include "ops/normals/normals.h"
#include "ops/project/project.h"
#include "ops/shade/shade.h"
#include "ops/shade_and_project/shade_and_project.h"
#include "support.h"

namespace facesdk::test {
namespace {

std::vector<float> normals_of(const Mesh& mesh) {
  Workspace workspace;
  std::vector<float> out(mesh.verts.size());
  normals_cpu(
      {mesh.verts.data(), mesh.triangles.data(), mesh.num_verts(), mesh.num_triangles(), out.data(), 1},
      workspace);
  return out;
}

}  // namespace

TEST_CASE("shade: even light of 1 leaves the albedo") {
  Random random(6);
  std::vector<float> light(27, 0.0f);
  for (size_t channel = 0; channel < 3; ++channel) light[channel] = 1.0f / 0.28209479f;
  for (const Mesh& mesh : tubes()) {
    const auto albedo = random.floats(3 * mesh.num_verts(), 0, 1), normals = normals_of(mesh);
    const auto colors = same_on_threads("shade", 3 * mesh.num_verts(), [&](int threads, float* out) {
      shade_cpu({albedo.data(), normals.data(), light.data(), mesh.num_verts(), out, threads});
    });
    CHECK(largest_difference(colors, albedo) < 1e-5);
  }
}

TEST_CASE("shade_and_project: in one pass what the ops give one after the other") {
  Workspace workspace;
  Random random(7);
  const float none[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, still[3] = {0, 0, 0};
  const auto light = random.floats(27, -0.5f, 1.0f);
  for (const Mesh& mesh : tubes()) {
    const int64_t size = 3 * mesh.num_verts();
    const auto albedo = random.floats(size, 0, 1), normals = normals_of(mesh);
    std::vector<float> colors(static_cast<size_t>(size)), want_points(colors.size()),
        want_colors(colors.size());
    const auto points = same_on_threads("shade_and_project", size, [&](int threads, float* out) {
      CHECK(shade_and_project_cpu(
          {mesh.verts.data(), mesh.triangles.data(), none, still, kCamera, albedo.data(), light.data(),
           mesh.num_verts(), mesh.num_triangles(), out, colors.data(), threads},
          workspace));
    });
    add_to_digest("shade_and_project", colors);
    project_cpu({mesh.verts.data(), kCamera, mesh.num_verts(), want_points.data(), 1});
    shade_cpu({albedo.data(), normals.data(), light.data(), mesh.num_verts(), want_colors.data(), 1});
    CHECK(points == want_points);
    CHECK(colors == want_colors);
  }
}

TEST_CASE("shade: hostile numbers") {
  Workspace workspace;
  Random random(8);
  for (const int64_t verts : {1, 2, 127, 129, 2049}) {
    auto points = random.floats(3 * verts, -100, 100);
    add_hostile_values(points);
    const auto light = random.floats(27, -1, 1), matrix = random.floats(9, -1, 1);
    const auto triangles = random.indices(9 * verts, verts);
    std::vector<float> out(points.size()), colors(points.size());
    for (const int threads : {1, 3}) {
      shade_cpu({points.data(), points.data(), light.data(), verts, out.data(), threads});
      CHECK(shade_and_project_cpu(
          {points.data(), triangles.data(), matrix.data(), light.data(), matrix.data(), points.data(),
           light.data(), verts, 3 * verts, out.data(), colors.data(), threads},
          workspace));
    }
  }
}

}  // namespace facesdk::test
