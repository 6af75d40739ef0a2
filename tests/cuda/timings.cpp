// Times of the stages that draw a batch of faces, against the bytes that they must move and the measured
// bandwidth of a copy. Prints JSON. Usage: timings FACES
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "assets/face_model.h"
#include "cuda/device_array.h"
#include "ops/decode/decode_cuda.h"
#include "ops/normals/vertex_groups.h"
#include "ops/rasterize/rasterize_cuda.h"
#include "ops/shade_and_project/shade_and_project_cuda.h"
#include "sample_numbers.h"

namespace facesdk::test {
namespace {

constexpr int32_t kSide = 224;
constexpr int kRounds = 5;  // of which the fastest counts

template <typename Body>
double fastest_ms(const Stream& stream, int calls, const Body& body) {
  double best = 1e30;
  body();
  for (int round = 0; round < kRounds; ++round) {
    stream.wait();
    const auto start = std::chrono::steady_clock::now();
    for (int call = 0; call < calls; ++call) body();
    stream.wait();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / calls);
  }
  return best;
}

double copy_gb_per_s(const Stream& stream, int calls, int64_t bytes) {
  const DeviceArray<uint8_t> from(bytes), to(bytes);
  const double ms = fastest_ms(stream, calls, [&] {
    check(cudaMemcpyAsync(to.data(), from.data(), static_cast<size_t>(bytes), cudaMemcpyDeviceToDevice,
                          stream.get()));
  });
  return 2.0 * static_cast<double>(bytes) / ms * 1e-6;
}

// `values` once for every face.
std::vector<float> repeated(const std::vector<float>& values, int64_t faces) {
  std::vector<float> out;
  for (int64_t f = 0; f < faces; ++f) out.insert(out.end(), values.begin(), values.end());
  return out;
}

struct Batch {
  explicit Batch(const FaceModel& model, const Numbers& numbers, int64_t count)
      : faces(count),
        controls(model.controls()),
        num_verts(model.verts()),
        num_triangles(static_cast<int64_t>(model.triangles().size() / 3)),
        blocks(model.shapes().blocks),
        runs(model.subdivision().runs),
        row(model.shapes().row),
        ptr(model.subdivision().ptr),
        idx(model.subdivision().idx),
        triangles(model.triangles()),
        step(model.shapes().step),
        val(model.subdivision().val),
        values(std::vector<int8_t>(model.shapes().values.begin(), model.shapes().values.end())),
        coeffs(repeated(numbers.at("expression"), count)),
        rotation(repeated(numbers.at("rotation"), count)),
        shift(repeated(numbers.at("shift"), count)),
        intrinsics(repeated(numbers.at("intrinsics"), count)),
        sh(repeated(numbers.at("sh"), count)) {}

  int64_t faces, controls, num_verts, num_triangles;
  DeviceArray<ShapeBlock> blocks;
  DeviceArray<SubdivisionRun> runs;
  DeviceArray<int32_t> row, ptr, idx, triangles;
  DeviceArray<float> step, val;
  DeviceArray<int8_t> values;
  DeviceArray<float> coeffs, rotation, shift, intrinsics, sh;
};

bool print_stage(const char* name, double ms, double bytes, bool first) {
  std::printf("%s{\"name\": \"%s\", \"ms\": %.5f, \"bytes\": %.0f, \"gb_per_s\": %.3f}", first ? "" : ", ",
              name, ms, bytes, bytes / ms * 1e-6);
  return true;
}

void run(int64_t faces) {
  const auto model =
      FaceModel::load(Safetensors::open(std::string(FACESDK_ASSETS) + "/face_model.safetensors"));
  const Numbers numbers = read_sample();
  const Batch b(*model, numbers, faces);
  std::vector<float> scratch(static_cast<size_t>(model->scratch_size()));
  std::vector<float> neutral(static_cast<size_t>(3 * model->controls()));
  model->identity_mesh(numbers.at("identity").data(), scratch.data(), neutral.data(), 1);
  VertexGroups groups;
  if (!find_vertex_groups(model->triangles().data(), b.num_triangles, b.num_verts, &groups)) std::abort();
  const Stream stream;
  const int64_t verts = faces * b.num_verts, pixels = faces * kSide * kSide;
  const int calls = faces >= 64 ? 20 : 1;

  const DeviceArray<float> base(repeated(neutral, faces)), control(3 * faces * b.controls), mesh(3 * verts);
  const DeviceArray<int32_t> group_ptr(groups.ptr), group_first(groups.first);
  const DeviceArray<float> albedo(std::vector<float>(static_cast<size_t>(3 * verts), 0.5f));
  const DeviceArray<float> points(3 * verts), colors(3 * verts), color(3 * pixels), depth(pixels),
      inverse(verts);
  const DeviceArray<FixedPoint> fixed(verts);
  const DeviceArray<unsigned long long> keys(pixels);
  const DeviceArray<int> bad_index(1);
  const ShapeBlocks& shapes = model->shapes();
  const SubdivisionRuns& rows = model->subdivision();

  std::printf("{\"faces\": %lld, \"copy_gb_per_s\": %.3f, \"stages\": [", static_cast<long long>(faces),
              copy_gb_per_s(stream, calls, 4 * 3 * verts));
  const double decode_ms = fastest_ms(stream, calls, [&] {
    check(add_shapes_cuda({base.data(), b.blocks.data(), b.row.data(), b.step.data(), b.values.data(),
                           b.coeffs.data(), 3 * b.controls, control.data(), 0},
                          model->num_expression(), faces, stream.get()));
    check(subdivide_runs_cuda(
        {b.runs.data(), b.ptr.data(), b.idx.data(), b.val.data(), static_cast<int64_t>(rows.runs.size()),
         b.controls, b.num_verts, control.data(), mesh.data()},
        faces, stream.get()));
  });
  const double once = static_cast<double>(shapes.values.size() + 8 * shapes.row.size() + 4 * rows.idx.size());
  print_stage("decode", decode_ms, once + 12.0 * static_cast<double>(3 * faces * b.controls + verts), true);
  const double topology = 12.0 * static_cast<double>(b.num_triangles);
  const double shade_ms = fastest_ms(stream, calls, [&] {
    check(shade_and_project_cuda(
        {mesh.data(), b.triangles.data(), b.rotation.data(), b.shift.data(), b.intrinsics.data(),
         albedo.data(), b.sh.data(), b.num_verts, b.num_triangles, points.data(), colors.data(), 0},
        {group_ptr.data(), group_first.data()}, faces, stream.get()));
  });
  print_stage("shade_and_project", shade_ms,
              topology + 4.0 * static_cast<double>(groups.first.size()) + 48.0 * static_cast<double>(verts),
              false);
  RasterizeParams p{};
  p.points = points.data(), p.triangles = b.triangles.data(), p.colors = colors.data();
  p.num_verts = b.num_verts, p.num_triangles = b.num_triangles, p.height = p.width = kSide, p.cull = true;
  p.color = color.data(), p.depth = depth.data();
  const double draw_ms = fastest_ms(stream, calls, [&] {
    check(rasterize_cuda(p, {fixed.data(), inverse.data(), keys.data(), bad_index.data()}, faces,
                         stream.get()));
  });
  print_stage("rasterize", draw_ms,
              topology + 36.0 * static_cast<double>(verts) + 32.0 * static_cast<double>(pixels), false);
  std::printf("]}\n");
}

}  // namespace
}  // namespace facesdk::test

int main(int argc, char** argv) {
  const long faces = argc == 2 ? std::strtol(argv[1], nullptr, 10) : 0;
  if (faces < 1 || faces > 4096) {
    std::fprintf(stderr, "usage: timings FACES, 1 to 4096\n");
    return 2;
  }
  facesdk::test::run(faces);
  return 0;
}
