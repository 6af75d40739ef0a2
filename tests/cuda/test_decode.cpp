#include <algorithm>
#include <limits>

#include "cuda/device_array.h"
#include "faces.h"
#include "grid_orders.h"
#include "ops/decode/decode_cuda.h"
#include "ops/decode/shape_blocks.h"
#include "same_bits.h"

namespace facesdk::test {
namespace {

constexpr int64_t kFaces = 3;

struct Basis {
  int64_t rows, size;
  std::vector<float> mean, coeffs;  // (size,), (F, rows)
  std::vector<int8_t> bytes;        // (rows, size)
};

Basis make_basis(int64_t controls, int64_t rows, float limit) {
  Random random(static_cast<uint32_t>(controls * 1000 + rows));
  Basis b{rows, 3 * controls, random.floats(3 * controls, -100, 100), {}, {}};
  b.coeffs = random.floats(rows * kFaces, -0.02f, 0.02f);
  for (int64_t i = 0; i < rows * b.size; ++i)
    b.bytes.push_back(static_cast<int8_t>(random.uniform(-limit, limit)));
  return b;
}

std::vector<float> blended_by_cpu(const Basis& b, const float* bases) {
  std::vector<float> out(static_cast<size_t>(b.size * kFaces));
  for (int64_t f = 0; f < kFaces; ++f) {
    blend_cpu({b.mean.data(), bases, bases == nullptr ? b.bytes.data() : nullptr,
               of_face(b.coeffs, f, kFaces), b.rows, b.size, of_face(out, f, kFaces), 1});
  }
  return out;
}

std::vector<float> blended_by_kernel(const Basis& b, const std::vector<float>& wide, bool in_place) {
  const DeviceArray<float> mean(b.mean), bases(wide), coeffs(b.coeffs);
  const DeviceArray<int8_t> bytes(b.bytes);
  std::vector<float> there;
  for (int64_t f = 0; f < kFaces; ++f) there.insert(there.end(), b.mean.begin(), b.mean.end());
  const DeviceArray<float> out(there);
  const Stream stream;
  check(blend_cuda({in_place ? out.data() : mean.data(), wide.empty() ? nullptr : bases.data(), bytes.data(),
                    coeffs.data(), b.rows, b.size, out.data(), 0},
                   kFaces, stream.get()));
  stream.wait();
  return out.values();
}

TEST_CASE("decode: rows of bytes and of floats are blended with the CPU's bits") {
  for (const int64_t controls : {1, 86}) {
    for (const int64_t rows : {1, 5, 530}) {
      const Basis b = make_basis(controls, rows, 127.9f);
      const std::vector<float> wide(b.bytes.begin(), b.bytes.end());
      in_all_orders([&] {
        CHECK_SAME_BITS(blended_by_kernel(b, {}, false), blended_by_cpu(b, nullptr));
        CHECK_SAME_BITS(blended_by_kernel(b, {}, true), blended_by_cpu(b, nullptr));
        CHECK_SAME_BITS(blended_by_kernel(b, wide, false), blended_by_cpu(b, wide.data()));
      });
    }
  }
}

TEST_CASE(
    "decode: coefficients of nothing leave a negative zero; of one face that are not finite spoil it alone") {
  Basis b = make_basis(30, 7, 127.0f);
  b.mean[3] = -0.0f;
  std::fill_n(b.coeffs.begin(), 7, 0.0f);
  b.coeffs[7 + 2] = std::numeric_limits<float>::quiet_NaN();
  in_all_orders([&] {
    const std::vector<float> out = blended_by_kernel(b, {}, false), want = blended_by_cpu(b, nullptr);
    CHECK(std::signbit(out[3]));
    for (int64_t f : {int64_t{0}, int64_t{2}}) {
      CHECK(std::memcmp(of_face(out, f, kFaces), of_face(want, f, kFaces), sizeof(float) * 90) == 0);
    }
    for (int i = 0; i < 90; ++i) CHECK(std::isnan(of_face(out, 1, kFaces)[i]));
  });
}

// Some rows of every block, so that blocks differ; small ones become octets.
ShapeBlocks make_shapes(int64_t blocks, int64_t rows) {
  Random random(static_cast<uint32_t>(blocks + rows));
  std::vector<int32_t> ptr{0}, row;
  std::vector<float> step;
  std::vector<int8_t> values;
  for (int64_t block = 0; block < blocks; ++block) {
    for (int64_t k = 0; k < rows; ++k) {
      if ((k + block) % 3 == 0 && rows < 100) continue;
      row.push_back(static_cast<int32_t>(k));
      step.push_back(random.uniform(0.01f, 1.0f));
      const float limit = k % 2 == 0 ? 127.9f : 7.9f;
      for (int64_t i = 0; i < kShapeBlock; ++i)
        values.push_back(static_cast<int8_t>(random.uniform(-limit, limit)));
    }
    ptr.push_back(static_cast<int32_t>(row.size()));
  }
  return pack_shape_blocks(ptr.data(), blocks, row.data(), step.data(), values.data());
}

void compare_shapes(const ShapeBlocks& s, int64_t size, int64_t rows, std::vector<float> coeffs) {
  const auto base = Random(5).floats(size * kFaces, -100, 100);
  std::vector<float> want(base.size());
  for (int64_t f = 0; f < kFaces; ++f) {
    add_shapes_cpu({of_face(base, f, kFaces), s.blocks.data(), s.row.data(), s.step.data(), s.values.data(),
                    of_face(coeffs, f, kFaces), size, of_face(want, f, kFaces), 1});
  }
  const DeviceArray<ShapeBlock> blocks(s.blocks);
  const DeviceArray<int32_t> row(s.row);
  const DeviceArray<float> step(s.step), weights(coeffs), start(base);
  const DeviceArray<int8_t> values(std::vector<int8_t>(s.values.begin(), s.values.end()));
  const Stream stream;
  in_all_orders([&] {
    const DeviceArray<float> out(size * kFaces);
    check(add_shapes_cuda({start.data(), blocks.data(), row.data(), step.data(), values.data(),
                           weights.data(), size, out.data(), 0},
                          rows, kFaces, stream.get()));
    stream.wait();
    CHECK_SAME_BITS(out.values(), want);
  });
}

TEST_CASE("decode: blocks of shapes are added with the CPU's bits") {
  for (const int64_t size : {int64_t{3}, int64_t{256}, int64_t{765}}) {
    for (const int64_t rows : {2, 61, 700}) {
      const ShapeBlocks shapes = make_shapes((size + kShapeBlock - 1) / kShapeBlock, rows);
      auto coeffs = Random(6).floats(rows * kFaces, -1, 1);
      std::fill_n(coeffs.begin(), rows, 0.0f);  // a face without an expression
      compare_shapes(shapes, size, rows, coeffs);
    }
  }
}

TEST_CASE("decode: rows of every kind are subdivided with the CPU's bits") {
  Random random(15);
  const std::vector<std::vector<float>> kinds = {
      {1.0f},
      {0.25f, 0.25f, 0.25f, 0.25f},
      {0.0625f, 0.375f, 0.0625f, 0.0625f, 0.375f, 0.0625f},
      {0.5625f, 0.09375f, 0.015625f, 0.09375f, 0.015625f, 0.09375f, 0.015625f, 0.09375f, 0.015625f},
      {0.5f, 0.5f},
      {0.1f, 0.2f, 0.3f, 0.4f},
      {}};
  const int64_t controls = 86, verts = 300;
  const auto control = random.floats(3 * controls * kFaces, -100, 100);
  std::vector<int32_t> ptr{0}, idx;
  std::vector<float> val;
  for (int row = 0; row < verts; ++row) {
    for (const float weight : kinds[static_cast<size_t>(row < 100 ? row % 7 : row / 25 % 7)]) {
      val.push_back(weight);
      idx.push_back(random.index(controls));
    }
    ptr.push_back(static_cast<int32_t>(idx.size()));
  }
  const SubdivisionRuns runs = find_subdivision_runs(ptr.data(), idx.data(), val.data(), verts);
  std::vector<float> want(static_cast<size_t>(3 * verts * kFaces));
  Workspace workspace;
  for (int64_t f = 0; f < kFaces; ++f) {
    subdivide_runs_cpu(runs, of_face(control, f, kFaces), controls, of_face(want, f, kFaces), 1, workspace);
  }
  const DeviceArray<SubdivisionRun> on_device(runs.runs);
  const DeviceArray<int32_t> first(runs.ptr), entries(runs.idx);
  const DeviceArray<float> weights(runs.val), points(control);
  const Stream stream;
  in_all_orders([&] {
    const DeviceArray<float> out(3 * verts * kFaces);
    check(subdivide_runs_cuda(
        {on_device.data(), first.data(), entries.data(), weights.data(),
         static_cast<int64_t>(runs.runs.size()), controls, verts, points.data(), out.data()},
        kFaces, stream.get()));
    stream.wait();
    CHECK_SAME_BITS(out.values(), want);
  });
}

}  // namespace
}  // namespace facesdk::test
