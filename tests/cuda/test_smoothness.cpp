#include "cuda/device_array.h"
#include "faces.h"
#include "grid_orders.h"
#include "ops/smoothness/smoothness_cuda.h"
#include "same_bits.h"

namespace facesdk::test {
namespace {

struct Adjacency {
  std::vector<int32_t> ptr{0}, idx;
};

// Rings of vertices: each has its two neighbours, and every third one another across.
Adjacency rings(int64_t count) {
  Adjacency made;
  const int64_t third = count / 3 * 3;
  for (int64_t i = 0; i < count; ++i) {
    if (count > 2)
      made.idx.insert(made.idx.end(),
                      {static_cast<int32_t>((i + 1) % count), static_cast<int32_t>((i + count - 1) % count)});
    if (i % 3 == 0 && i < third / 2 * 2 && count > 12)
      made.idx.push_back(static_cast<int32_t>(third - 3 - i));
    made.ptr.push_back(static_cast<int32_t>(made.idx.size()));
  }
  return made;
}

TEST_CASE("smoothness: value and gradient with the CPU's bits, below, at and above a block") {
  constexpr int64_t kFaces = 2;
  for (const int64_t verts : {1, 5, 1023, 1024, 2500}) {
    CAPTURE(verts);
    const Adjacency adjacency = rings(verts);
    const auto all = Random(9).floats(3 * verts * kFaces, -80, 80);
    std::vector<float> gradient(all.size());
    std::vector<double> value(kFaces);
    Workspace workspace;
    for (int64_t f = 0; f < kFaces; ++f) {
      smoothness_cpu({of_face(all, f, kFaces), adjacency.ptr.data(), adjacency.idx.data(), verts,
                      &value[static_cast<size_t>(f)], of_face(gradient, f, kFaces), 1},
                     workspace);
    }
    const DeviceArray<float> mesh(all), delta(3 * verts * kFaces);
    const DeviceArray<int32_t> ptr(adjacency.ptr), idx(adjacency.idx);
    const DeviceArray<double> sums(smoothness_blocks(verts) * kFaces);
    const Stream stream;
    in_all_orders([&] {
      const DeviceArray<double> out(kFaces);
      const DeviceArray<float> slope(3 * verts * kFaces);
      check(smoothness_cuda({mesh.data(), ptr.data(), idx.data(), verts, out.data(), slope.data(), 0},
                            {delta.data(), sums.data()}, kFaces, stream.get()));
      stream.wait();
      CHECK_SAME_BITS(out.values(), value);
      CHECK_SAME_BITS(slope.values(), gradient);
    });
  }
}

}  // namespace
}  // namespace facesdk::test
