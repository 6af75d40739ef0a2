#include "ops/decode/decode.h"
#include "ops/decode/shape_blocks.h"
#include "ops/decode/subdivision_runs.h"
#include "support.h"

namespace facesdk::test {
namespace {

struct Basis {
  int64_t controls, rows, size, blocks;
  std::vector<float> mean, coeffs;
  std::vector<int8_t> bytes;  // (rows, size)
};

Basis basis(int64_t controls, int64_t rows, float limit, uint32_t seed) {
  Random random(seed);
  const int64_t size = 3 * controls;
  Basis made{controls,
             rows,
             size,
             (size + kShapeBlock - 1) / kShapeBlock,
             random.floats(size, -100, 100),
             random.floats(rows, -0.02f, 0.02f),
             {}};
  made.bytes.resize(static_cast<size_t>(rows * size));
  for (int8_t& b : made.bytes) b = static_cast<int8_t>(random.uniform(-limit, limit));
  return made;
}

std::vector<float> exact(const Basis& b) {
  std::vector<float> out;
  for (int64_t i = 0; i < b.size; ++i) {
    double sum = b.mean[static_cast<size_t>(i)];
    for (int64_t k = 0; k < b.rows; ++k) {
      sum += static_cast<double>(b.coeffs[static_cast<size_t>(k)]) *
             b.bytes[static_cast<size_t>(k * b.size + i)];
    }
    out.push_back(static_cast<float>(sum));
  }
  return out;
}

std::vector<float> blend_bytes(const Basis& b) {
  return same_on_threads("blend int8", b.size, [&](int threads, float* out) {
    blend_cpu({b.mean.data(), nullptr, b.bytes.data(), b.coeffs.data(), b.rows, b.size, out, threads});
  });
}

// The rows of a basis as blocks, each row in every block: ordered by block.
std::vector<float> add_as_blocks(const Basis& b) {
  std::vector<int32_t> ptr, row;
  std::vector<int8_t> values;
  for (int64_t block = 0; block < b.blocks; ++block) {
    ptr.push_back(static_cast<int32_t>(row.size()));
    for (int64_t k = 0; k < b.rows; ++k) {
      row.push_back(static_cast<int32_t>(k));
      for (int64_t i = block * kShapeBlock; i < (block + 1) * kShapeBlock; ++i) {
        values.push_back(i < b.size ? b.bytes[static_cast<size_t>(k * b.size + i)] : int8_t{0});
      }
    }
  }
  ptr.push_back(static_cast<int32_t>(row.size()));
  const std::vector<float> step(row.size(), 1.0f);
  const ShapeBlocks packed = pack_shape_blocks(ptr.data(), b.blocks, row.data(), step.data(), values.data());
  return same_on_threads("add_shapes", b.size, [&](int threads, float* out) {
    add_shapes_cpu({b.mean.data(), packed.blocks.data(), packed.row.data(), packed.step.data(),
                    packed.values.data(), b.coeffs.data(), b.size, out, threads});
  });
}

}  // namespace

TEST_CASE("decode: the sum of the rows, in floats, bytes and blocks") {
  for (const int64_t controls : {1, 85, 86, 700}) {
    for (const int64_t rows : {1, 5, 61, 530}) {
      for (const float limit : {127.9f, 7.9f}) {
        const Basis b = basis(controls, rows, limit, static_cast<uint32_t>(controls + rows));
        const std::vector<float> wide(b.bytes.begin(), b.bytes.end());
        const auto floats = same_on_threads("blend float", b.size, [&](int threads, float* out) {
          blend_cpu({b.mean.data(), wide.data(), nullptr, b.coeffs.data(), b.rows, b.size, out, threads});
        });
        const auto want = exact(b), bytes = blend_bytes(b), blocks = add_as_blocks(b);
        CHECK(largest_difference(floats, want) < 2e-3);
        CHECK(largest_difference(bytes, want) < 4e-3);
        CHECK(largest_difference(blocks, want) < 4e-3);
        if (rows <= 500) CHECK(blocks == bytes);  // beyond that the two split the rows in different places
      }
    }
  }
}

TEST_CASE("decode: a coefficient that is not finite makes what it moves not finite") {
  for (const float wrong : {NAN, INFINITY}) {
    Basis b = basis(90, 9, 127.0f, 13);
    b.coeffs[4] = wrong;
    std::vector<float> out(static_cast<size_t>(b.size));
    blend_cpu({b.mean.data(), nullptr, b.bytes.data(), b.coeffs.data(), b.rows, b.size, out.data(), 1});
    CHECK(std::isnan(out[0]));
  }
}

TEST_CASE("subdivide: a dense vertex is the weighted mean of its control vertices") {
  Workspace workspace;
  Random random(14);
  for (const int64_t controls : {1, 85, 700}) {
    const auto control = random.floats(3 * controls, -100, 100);
    const int64_t verts = 3 * controls + 1;
    const auto ptr = row_pointer(verts, 4), idx = random.indices(4 * verts, controls);
    const std::vector<float> quarter(static_cast<size_t>(4 * verts), 0.25f);
    const auto fine = same_on_threads("subdivide", 3 * verts, [&](int threads, float* out) {
      subdivide_cpu({control.data(), controls, ptr.data(), idx.data(), quarter.data(), verts, out, threads},
                    workspace);
    });
    std::vector<float> want;
    for (int64_t v = 0; v < verts; ++v) {
      for (int64_t x = 0; x < 3; ++x) {
        double sum = 0.0;
        for (int64_t n = 4 * v; n < 4 * v + 4; ++n) {
          sum += 0.25 * control[static_cast<size_t>(3 * idx[static_cast<size_t>(n)] + x)];
        }
        want.push_back(static_cast<float>(sum));
      }
    }
    CHECK(largest_difference(fine, want) < 1e-4);
  }
}

// Rows of every kind that has a loop of its own, and of others, in any order of their weights.
TEST_CASE("subdivide: rows arranged in runs give what the rows give one by one") {
  Workspace workspace;
  Random random(15);
  const std::vector<std::vector<float>> kinds = {
      {1.0f},
      {0.25f, 0.25f, 0.25f, 0.25f},
      {0.0625f, 0.375f, 0.0625f, 0.0625f, 0.375f, 0.0625f},
      {0.5625f, 0.09375f, 0.015625f, 0.09375f, 0.015625f, 0.09375f, 0.015625f, 0.09375f, 0.015625f},
      {0.5f, 0.5f},
      {0.1f, 0.2f, 0.3f, 0.4f},
      {}};
  for (const int64_t controls : {1, 86, 700}) {
    const auto control = random.floats(3 * controls, -100, 100);
    std::vector<int32_t> ptr{0}, idx;
    std::vector<float> val;
    for (int row = 0; row < 300; ++row) {
      // Some rows alone, some with others of their kind.
      for (const float weight : kinds[static_cast<size_t>(row < 100 ? row % 7 : row / 25 % 7)]) {
        val.push_back(weight);
        idx.push_back(random.index(controls));
      }
      ptr.push_back(static_cast<int32_t>(idx.size()));
    }
    const SubdivisionRuns runs = find_subdivision_runs(ptr.data(), idx.data(), val.data(), 300);
    CHECK(runs.runs.size() < 120);
    std::vector<float> plain(900);
    subdivide_cpu({control.data(), controls, ptr.data(), idx.data(), val.data(), 300, plain.data(), 1},
                  workspace);
    const auto fast = same_on_threads("subdivide", 900, [&](int threads, float* out) {
      subdivide_runs_cpu(runs, control.data(), controls, out, threads, workspace);
    });
    CHECK(largest_difference(plain, fast) < 1e-4);
  }
}

TEST_CASE("decode: bytes of -128 and odd sizes") {
  Random random(16);
  for (const int64_t controls : {1, 2, 127, 2049}) {
    Basis b = basis(controls, 3, 127.0f, 17);
    std::fill(b.bytes.begin(), b.bytes.end(), int8_t{-128});
    CHECK(largest_difference(blend_bytes(b), exact(b)) < 1e-3);
  }
}

}  // namespace facesdk::test
