// Normals, shading, and both with the projection.
#include "cuda/device_array.h"
#include "faces.h"
#include "grid_orders.h"
#include "ops/normals/normals_cuda.h"
#include "ops/normals/vertex_groups.h"
#include "ops/shade/shade_cuda.h"
#include "ops/shade_and_project/shade_and_project_cuda.h"
#include "same_bits.h"

namespace facesdk::test {
namespace {

constexpr int64_t kFaces = 2;

struct DeviceGroups {
  explicit DeviceGroups(const VertexGroups& groups) : ptr(groups.ptr), first(groups.first) {}
  DeviceVertexGroups get() const { return {ptr.data(), first.data()}; }
  DeviceArray<int32_t> ptr, first;
};

VertexGroups groups_of(const Mesh& mesh) {
  VertexGroups groups;
  REQUIRE(find_vertex_groups(mesh.triangles.data(), mesh.num_triangles(), mesh.num_verts(), &groups));
  return groups;
}

void compare_normals(const Faces& faces) {
  const Mesh& mesh = faces.mesh;
  std::vector<float> want(faces.verts.size());
  Workspace workspace;
  for (int64_t f = 0; f < faces.count; ++f) {
    REQUIRE(normals_cpu({of_face(faces.verts, f, faces.count), mesh.triangles.data(), mesh.num_verts(),
                         mesh.num_triangles(), of_face(want, f, faces.count), 1},
                        workspace));
  }
  const DeviceArray<float> verts(faces.verts);
  const DeviceArray<int32_t> triangles(mesh.triangles);
  const DeviceGroups groups(groups_of(mesh));
  const Stream stream;
  in_all_orders([&] {
    const DeviceArray<float> out(static_cast<int64_t>(want.size()));
    check(
        normals_cuda({verts.data(), triangles.data(), mesh.num_verts(), mesh.num_triangles(), out.data(), 0},
                     groups.get(), faces.count, stream.get()));
    stream.wait();
    CHECK_SAME_BITS(out.values(), want);
  });
}

// Faces that were subdivided: fans of eight triangles, so that groups of every kind are there.
Mesh fans(int count) {
  Mesh mesh;
  for (int n = 0; n < count; ++n) {
    const int32_t c = 9 * n;
    const float x = static_cast<float>(3 * n);
    for (int y = 0; y < 3; ++y) {
      for (int at = 0; at < 3; ++at)
        mesh.verts.insert(mesh.verts.end(), {x + static_cast<float>(at), static_cast<float>(y), 9});
    }
    const int32_t corner[4] = {c, c + 2, c + 8, c + 6}, edge[4] = {c + 1, c + 5, c + 7, c + 3};
    for (int q = 0; q < 4; ++q) {
      mesh.triangles.insert(mesh.triangles.end(),
                            {corner[q], edge[q], c + 4, corner[q], c + 4, edge[(q + 3) % 4]});
    }
  }
  return mesh;
}

TEST_CASE("normals: the CPU's bits for tubes, fans, single triangles and vertices without any") {
  compare_normals(bent_tubes(9, 12, kFaces, 1));
  Faces faces{fans(20), 3, {}};
  const auto moved = Random(2).floats(3 * 3 * faces.mesh.num_verts(), -0.3f, 0.3f);
  for (size_t i = 0; i < moved.size(); ++i) {
    faces.verts.push_back(faces.mesh.verts[i % faces.mesh.verts.size()] + moved[i]);
  }
  compare_normals(faces);
  Random random(3);
  Mesh any{random.floats(3 * 40, -50, 50), random.indices(3 * 70, 38)};  // two vertices stay alone
  compare_normals({any, 1, any.verts});
}

TEST_CASE("normals: an index that is no vertex gives no groups") {
  VertexGroups groups;
  for (const int32_t wrong : {-1, 3, 1 << 30}) {
    const int32_t triangles[6] = {0, 1, 2, 0, wrong, 1};
    CHECK_FALSE(find_vertex_groups(triangles, 2, 3, &groups));
  }
}

struct Lit {
  std::vector<float> albedo, normals, sh, rotation, shift, intrinsics;
};

Lit make_light(int64_t verts) {
  Random random(8);
  Lit made;
  made.albedo = random.floats(3 * verts * kFaces, 0, 1),
  made.normals = random.floats(3 * verts * kFaces, -1, 1);
  made.sh = random.floats(27 * kFaces, -1, 1);
  made.rotation = random.floats(9 * kFaces, -1, 1), made.shift = random.floats(3 * kFaces, -50, 50);
  for (int64_t f = 0; f < kFaces; ++f) made.intrinsics.insert(made.intrinsics.end(), kCamera, kCamera + 9);
  return made;
}

TEST_CASE("shade: the CPU's bits, each face under its own light") {
  constexpr int64_t kVerts = 301;
  const Lit lit = make_light(kVerts);
  std::vector<float> want(lit.albedo.size());
  for (int64_t f = 0; f < kFaces; ++f) {
    shade_cpu({of_face(lit.albedo, f, kFaces), of_face(lit.normals, f, kFaces), of_face(lit.sh, f, kFaces),
               kVerts, of_face(want, f, kFaces), 1});
  }
  const DeviceArray<float> albedo(lit.albedo), normals(lit.normals), sh(lit.sh);
  const Stream stream;
  in_all_orders([&] {
    const DeviceArray<float> out(3 * kVerts * kFaces);
    check(
        shade_cuda({albedo.data(), normals.data(), sh.data(), kVerts, out.data(), 0}, kFaces, stream.get()));
    stream.wait();
    CHECK_SAME_BITS(out.values(), want);
  });
}

TEST_CASE("shade_and_project: the CPU's bits, each face by its own camera and light") {
  const Faces faces = bent_tubes(35, 64, kFaces, 4);
  const Mesh& mesh = faces.mesh;
  const Lit lit = make_light(mesh.num_verts());
  std::vector<float> points(faces.verts.size()), colors(points.size());
  Workspace workspace;
  for (int64_t f = 0; f < kFaces; ++f) {
    REQUIRE(shade_and_project_cpu(
        {of_face(faces.verts, f, kFaces), mesh.triangles.data(), of_face(lit.rotation, f, kFaces),
         of_face(lit.shift, f, kFaces), of_face(lit.intrinsics, f, kFaces), of_face(lit.albedo, f, kFaces),
         of_face(lit.sh, f, kFaces), mesh.num_verts(), mesh.num_triangles(), of_face(points, f, kFaces),
         of_face(colors, f, kFaces), 1},
        workspace));
  }
  const DeviceArray<float> verts(faces.verts), rotation(lit.rotation), shift(lit.shift),
      camera(lit.intrinsics);
  const DeviceArray<float> albedo(lit.albedo), sh(lit.sh);
  const DeviceArray<int32_t> triangles(mesh.triangles);
  const DeviceGroups groups(groups_of(mesh));
  const Stream stream;
  in_all_orders([&] {
    const DeviceArray<float> seen(static_cast<int64_t>(points.size())),
        lights(static_cast<int64_t>(points.size()));
    check(shade_and_project_cuda(
        {verts.data(), triangles.data(), rotation.data(), shift.data(), camera.data(), albedo.data(),
         sh.data(), mesh.num_verts(), mesh.num_triangles(), seen.data(), lights.data(), 0},
        groups.get(), kFaces, stream.get()));
    stream.wait();
    CHECK_SAME_BITS(seen.values(), points);
    CHECK_SAME_BITS(lights.values(), colors);
  });
}

}  // namespace
}  // namespace facesdk::test
