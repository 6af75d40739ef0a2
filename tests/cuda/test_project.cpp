#include "cuda/device_array.h"
#include "grid_orders.h"
#include "ops/project/project_cuda.h"
#include "same_bits.h"
#include "support.h"

namespace facesdk::test {
namespace {

constexpr int64_t kFaces = 3, kVerts = 300;

struct Cameras {
  std::vector<float> verts, rotation, shift, intrinsics;
};

Cameras make_cameras() {
  Random random(3);
  Cameras c;
  c.verts = random.floats(3 * kVerts * kFaces, -200, 200);
  c.verts[2] = 0.0f;  // in the camera's plane
  c.rotation = random.floats(9 * kFaces, -1, 1), c.shift = random.floats(3 * kFaces, -50, 900);
  for (int64_t face = 0; face < kFaces; ++face) {
    const float f = 900.0f + 50.0f * static_cast<float>(face);
    c.intrinsics.insert(c.intrinsics.end(), {f, 0.5f, 59.5f, 0, f + 1, 61, 0, 0, 1});
  }
  return c;
}

using Op = void (*)(const Cameras& c, int64_t face, float* out);

std::vector<float> by_cpu(const Cameras& c, Op op) {
  std::vector<float> out(c.verts.size());
  for (int64_t face = 0; face < kFaces; ++face) op(c, face, out.data() + 3 * kVerts * face);
  return out;
}

void transform_face(const Cameras& c, int64_t f, float* out) {
  transform_cpu(
      {c.verts.data() + 3 * kVerts * f, c.rotation.data() + 9 * f, c.shift.data() + 3 * f, kVerts, out, 1});
}
void project_face(const Cameras& c, int64_t f, float* out) {
  project_cpu({c.verts.data() + 3 * kVerts * f, c.intrinsics.data() + 9 * f, kVerts, out, 1});
}
void unproject_face(const Cameras& c, int64_t f, float* out) {
  unproject_cpu({c.verts.data() + 3 * kVerts * f, c.intrinsics.data() + 9 * f, kVerts, out, 1});
}

TEST_CASE("transform, project and unproject give the CPU's bits for many faces") {
  const Cameras c = make_cameras();
  const DeviceArray<float> verts(c.verts), rotation(c.rotation), shift(c.shift), intrinsics(c.intrinsics);
  const Stream stream;
  in_all_orders([&] {
    const DeviceArray<float> moved(3 * kVerts * kFaces), seen(3 * kVerts * kFaces), back(3 * kVerts * kFaces);
    check(transform_cuda({verts.data(), rotation.data(), shift.data(), kVerts, moved.data(), 0}, kFaces,
                         stream.get()));
    check(project_cuda({verts.data(), intrinsics.data(), kVerts, seen.data(), 0}, kFaces, stream.get()));
    check(unproject_cuda({verts.data(), intrinsics.data(), kVerts, back.data(), 0}, kFaces, stream.get()));
    stream.wait();
    CHECK_SAME_BITS(moved.values(), by_cpu(c, transform_face));
    CHECK_SAME_BITS(seen.values(), by_cpu(c, project_face));
    CHECK_SAME_BITS(back.values(), by_cpu(c, unproject_face));
  });
}

TEST_CASE("no faces and no vertices are nothing to do; more faces than a grid has rows are an error") {
  const Stream stream;
  CHECK(project_cuda({nullptr, nullptr, 0, nullptr, 0}, 2, stream.get()) == cudaSuccess);
  CHECK(project_cuda({nullptr, nullptr, 5, nullptr, 0}, 0, stream.get()) == cudaSuccess);
  CHECK(project_cuda({nullptr, nullptr, 5, nullptr, 0}, 65536, stream.get()) ==
        cudaErrorInvalidConfiguration);
}

}  // namespace
}  // namespace facesdk::test
