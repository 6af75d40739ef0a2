// The bundled sample's face, as it is fitted, through the kernels that draw it.
#include <algorithm>

#include "assets/face_model.h"
#include "drawing.h"
#include "ops/decode/decode_cuda.h"
#include "ops/normals/vertex_groups.h"
#include "ops/shade_and_project/shade_and_project_cuda.h"
#include "sample_numbers.h"

namespace facesdk::test {
namespace {

constexpr int32_t kSide = 224;

struct Sample {
  std::shared_ptr<const FaceModel> model =
      FaceModel::load(Safetensors::open(std::string(FACESDK_ASSETS) + "/face_model.safetensors"));
  Numbers numbers = read_sample();
  std::vector<float> neutral, verts, albedo, points, colors;
  Workspace workspace;

  Sample() {
    const auto size = static_cast<size_t>(3 * model->verts());
    std::vector<float> scratch(static_cast<size_t>(model->scratch_size() + model->num_albedo()));
    neutral.resize(static_cast<size_t>(3 * model->controls()));
    verts.resize(size), albedo.resize(size), points.resize(size), colors.resize(size);
    const float* identity = numbers.at("identity").data();
    model->identity_mesh(identity, scratch.data(), neutral.data(), 1);
    model->decode(identity, neutral.data(), numbers.at("expression").data(), scratch.data(), verts.data(), 1,
                  workspace);
    model->albedo(numbers.at("albedo").data(), scratch.data(), albedo.data(), 1, workspace);
  }

  ShadeAndProjectParams params() {
    const std::vector<int32_t>& triangles = model->triangles();
    return {verts.data(),
            triangles.data(),
            numbers.at("rotation").data(),
            numbers.at("shift").data(),
            numbers.at("intrinsics").data(),
            albedo.data(),
            numbers.at("sh").data(),
            model->verts(),
            static_cast<int64_t>(triangles.size() / 3),
            points.data(),
            colors.data(),
            1};
  }
};

Sample& sample() {
  static Sample one;
  return one;
}

TEST_CASE("the sample's face: expression and subdivision with the CPU's bits") {
  Sample& s = sample();
  const FaceModel& model = *s.model;
  const ShapeBlocks& shapes = model.shapes();
  const SubdivisionRuns& rows = model.subdivision();
  REQUIRE(model.verts() > model.controls());
  const DeviceArray<ShapeBlock> blocks(shapes.blocks);
  const DeviceArray<SubdivisionRun> runs(rows.runs);
  const DeviceArray<int32_t> row(shapes.row), ptr(rows.ptr), idx(rows.idx);
  const DeviceArray<float> step(shapes.step), val(rows.val), neutral(s.neutral),
      coeffs(s.numbers.at("expression"));
  const DeviceArray<int8_t> values(std::vector<int8_t>(shapes.values.begin(), shapes.values.end()));
  const Stream stream;
  in_all_orders([&] {
    const DeviceArray<float> control(3 * model.controls()), verts(3 * model.verts());
    check(add_shapes_cuda({neutral.data(), blocks.data(), row.data(), step.data(), values.data(),
                           coeffs.data(), 3 * model.controls(), control.data(), 0},
                          model.num_expression(), 1, stream.get()));
    check(subdivide_runs_cuda(
        {runs.data(), ptr.data(), idx.data(), val.data(), static_cast<int64_t>(rows.runs.size()),
         model.controls(), model.verts(), control.data(), verts.data()},
        1, stream.get()));
    stream.wait();
    CHECK_SAME_BITS(verts.values(), s.verts);
  });
}

TEST_CASE("the sample's face: shading, projection and picture with the CPU's bits") {
  Sample& s = sample();
  ShadeAndProjectParams p = s.params();
  REQUIRE(shade_and_project_cpu(p, s.workspace));
  const std::vector<int32_t>& indices = s.model->triangles();
  VertexGroups host;
  REQUIRE(find_vertex_groups(indices.data(), p.num_triangles, p.num_verts, &host));
  const DeviceArray<int32_t> ptr(host.ptr), first(host.first), triangles(indices);
  const DeviceArray<float> verts(s.verts), albedo(s.albedo), rotation(s.numbers.at("rotation"));
  const DeviceArray<float> shift(s.numbers.at("shift")), camera(s.numbers.at("intrinsics")),
      sh(s.numbers.at("sh"));
  const DeviceArray<float> points(3 * p.num_verts), colors(3 * p.num_verts);
  p.verts = verts.data(), p.triangles = triangles.data(), p.rotation = rotation.data(),
  p.shift = shift.data();
  p.intrinsics = camera.data(), p.albedo = albedo.data(), p.sh = sh.data();
  p.points = points.data(), p.colors = colors.data();
  const Scenes scene{s.points, s.colors, indices, 1, p.num_verts, kSide, kSide, true};
  const Pictures want = drawn_by_cpu(scene);
  CHECK(std::count_if(want.triangle.begin(), want.triangle.end(), [](int32_t t) { return t >= 0; }) > 5000);
  const Stream stream;
  in_all_orders([&] {
    check(shade_and_project_cuda(p, {ptr.data(), first.data()}, 1, stream.get()));
    stream.wait();
    CHECK_SAME_BITS(points.values(), s.points);
    CHECK_SAME_BITS(colors.values(), s.colors);
    CHECK_FALSE(draw_and_compare(scene, &want));
  });
}

}  // namespace
}  // namespace facesdk::test
