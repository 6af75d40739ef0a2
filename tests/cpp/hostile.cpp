// Runs every op over odd sizes, threads and hostile numbers; meant for a build with sanitizers, which end the
// program at the first access or arithmetic that is not allowed. Prints one line per op.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <thread>
#include <vector>

#include "common/thread_pool.h"
#include "ops/decode/decode.h"
#include "ops/decode/row_runs.h"
#include "ops/decode_detections/decode_detections.h"
#include "ops/normals/normals.h"
#include "ops/project/project.h"
#include "ops/rasterize/rasterize.h"
#include "ops/resize/resize.h"
#include "ops/shade/shade.h"
#include "ops/smoothness/smoothness.h"
#include "ops/warp/warp.h"

namespace {

std::mt19937 random_bits(7);

std::vector<float> floats(int64_t count, float low, float high) {
  std::uniform_real_distribution<float> pick(low, high);
  std::vector<float> out(static_cast<size_t>(count));
  for (float& v : out) v = pick(random_bits);
  return out;
}

std::vector<int32_t> indices(int64_t count, int32_t limit) {
  std::uniform_int_distribution<int32_t> pick(0, limit - 1);
  std::vector<int32_t> out(static_cast<size_t>(count));
  for (int32_t& v : out) v = pick(random_bits);
  return out;
}

std::vector<int32_t> row_pointer(int64_t rows, int32_t per_row) {
  std::vector<int32_t> out(static_cast<size_t>(rows) + 1);
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<int32_t>(i) * per_row;
  return out;
}

// Some values that arithmetic may stumble over.
void spoil(std::vector<float>& values) {
  const float hostile[] = {std::numeric_limits<float>::quiet_NaN(),
                           std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity(),
                           std::numeric_limits<float>::max(),
                           -std::numeric_limits<float>::max(),
                           std::numeric_limits<float>::denorm_min(),
                           131072.0f,
                           -131072.0f,
                           0.0f,
                           -0.0f};
  size_t at = 0;
  for (const float v : hostile) {
    if (values.empty()) return;
    values[at % values.size()] = v;
    at += 7;
  }
}

void check_decode(int64_t verts, int64_t rows, int threads) {
  const int64_t size = 3 * verts;
  const auto mean = floats(size, -1, 1), bases = floats(size * rows, -1, 1), coeffs = floats(rows, -1, 1);
  std::vector<int8_t> quantised(static_cast<size_t>(size * rows), -128);
  std::vector<float> control(static_cast<size_t>(size));
  facesdk::blend_cpu(
      {mean.data(), bases.data(), nullptr, coeffs.data(), rows, size, control.data(), threads});
  facesdk::blend_cpu(
      {mean.data(), nullptr, quantised.data(), coeffs.data(), rows, size, control.data(), threads});
  const int64_t dense = 4 * verts + 1;
  const auto ptr = row_pointer(dense, 5), idx = indices(5 * dense, static_cast<int32_t>(verts));
  const auto val = floats(5 * dense, 0, 1);
  std::vector<float> out(static_cast<size_t>(3 * dense));
  facesdk::subdivide_cpu(
      {control.data(), verts, ptr.data(), idx.data(), val.data(), dense, out.data(), threads});
  const facesdk::RowRuns runs = facesdk::arrange_rows(ptr.data(), idx.data(), val.data(), dense);
  facesdk::subdivide_runs_cpu(runs, control.data(), verts, out.data(), threads);
}

void check_detector(int64_t height, int64_t width, int32_t halvings) {
  const std::vector<uint8_t> image(static_cast<size_t>(3 * height * width), 255);
  const int64_t rows = (height >> halvings) + 1, columns = (width >> halvings) + 2;
  std::vector<uint8_t> small(static_cast<size_t>(4 * (rows + 1) * (columns + 3)));
  facesdk::shrink_cpu({image.data(), height, width, halvings, rows, columns, small.data(), 4 * (columns + 3),
                       rows + 1, columns + 3});
  const int64_t cells = facesdk::cells_of(height, width);
  auto raw = floats(facesdk::kCellNumbers * cells, -200, 200);
  spoil(raw);
  const facesdk::CellsParams p{raw.data(), height, width, 0.0f};
  const auto count = static_cast<size_t>(facesdk::count_cells(p));
  std::vector<float> boxes(4 * count), scores(count), points(10 * count), roll(count);
  facesdk::decode_detections(p, {boxes.data(), scores.data(), points.data(), roll.data()});
}

void check_mesh(int64_t verts, int64_t triangles, int threads) {
  auto points = floats(3 * verts, -100, 100);
  spoil(points);
  const auto index = indices(3 * triangles, static_cast<int32_t>(verts));
  std::vector<float> out(points.size());
  facesdk::normals_cpu({points.data(), index.data(), verts, triangles, out.data(), threads});
  const auto light = floats(27, -1, 1), matrix = floats(9, -1, 1), shift = floats(3, -1, 1);
  facesdk::shade_cpu({points.data(), points.data(), light.data(), verts, out.data(), threads});
  facesdk::transform_cpu({points.data(), matrix.data(), shift.data(), verts, out.data(), threads});
  facesdk::project_cpu({points.data(), matrix.data(), verts, out.data(), threads});
  facesdk::unproject_cpu({points.data(), matrix.data(), verts, out.data(), threads});
  const auto ptr = row_pointer(verts, 4), idx = indices(4 * verts, static_cast<int32_t>(verts));
  double value = 0.0;
  facesdk::smoothness_cpu({points.data(), ptr.data(), idx.data(), verts, &value, out.data(), threads});
}

void check_rasterize(int32_t height, int32_t width, int64_t triangles, bool cull, int threads) {
  const int64_t verts = 211;
  const float side = static_cast<float>(std::max(height, width));
  auto points = floats(3 * verts, -0.5f * side, 1.5f * side);
  spoil(points);
  for (size_t i = 0; i < 30; ++i) points[3 * i] *= 40.0f * static_cast<float>(i);  // up to the guard band
  const auto index = indices(3 * triangles, verts);
  const size_t pixels = static_cast<size_t>(height) * static_cast<size_t>(width);
  std::vector<float> color(3 * pixels), depth(pixels), bary(3 * pixels);
  std::vector<int32_t> triangle(pixels);
  facesdk::RasterizeParams p{points.data(),   index.data(), points.data(), verts,        triangles,
                             height,          width,        cull,          color.data(), depth.data(),
                             triangle.data(), bary.data(),  threads};
  facesdk::rasterize_cpu(p);
}

void check_warp(int64_t height, int64_t width, int64_t size, double scale, int32_t factor, int threads) {
  const std::vector<uint8_t> image(static_cast<size_t>(3 * height * width), 200);
  std::vector<float> planes(static_cast<size_t>(3 * size * size));
  std::vector<uint8_t> pixels(planes.size());
  facesdk::WarpParams p{image.data(),  height,        width,    {}, size,   factor,
                        planes.data(), pixels.data(), 3 * size, 3,  threads};
  const double inverse[6] = {scale, -0.3 * scale, -2.0, 0.3 * scale, scale, -1.5 * scale};
  std::copy(inverse, inverse + 6, p.inverse);
  facesdk::warp_cpu(p);
}

// Jobs of several callers at once: one has the pool, the others work alone, and all get the same.
void check_callers() {
  std::vector<std::thread> callers;
  std::vector<std::vector<int32_t>> counts(4, std::vector<int32_t>(1000));
  for (auto& own : counts) {
    callers.emplace_back([&own] {
      for (int run = 0; run < 200; ++run) {
        facesdk::parallel_bands(static_cast<int64_t>(own.size()), 1 + run % 4,
                                [&](int64_t begin, int64_t end) {
                                  for (int64_t i = begin; i < end; ++i) ++own[static_cast<size_t>(i)];
                                });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const auto& own : counts) {
    for (const int32_t count : own) {
      if (count != 200) std::abort();
    }
  }
}

}  // namespace

int main() {
  check_callers();
  for (const int threads : {1, 2, 3, 16}) {
    for (const int64_t count : {1, 2, 5, 127, 129, 2049}) {
      check_decode(count, 3, threads);
      check_mesh(count, 3 * count, threads);
    }
    for (const int32_t side : {1, 2, 31, 257}) {
      for (const int64_t triangles : {0, 1, 511, 513, 1500}) {
        check_rasterize(side, 2 * side + 1, triangles, threads % 2 == 0, threads);
      }
    }
    for (const double scale : {1e-30, 0.01, 0.7, 3.0, 1e7, 1e30}) {
      for (const int32_t factor : {1, 2, 5}) {
        check_warp(1, 1, 1, scale, factor, threads);
        check_warp(33, 47, 65, scale, factor, threads);
      }
    }
  }
  for (const int32_t halvings : {0, 1, 3, 4, 5, 8}) {
    for (const int64_t side : {1, 2, 37}) check_detector(side << halvings, (side + 1) << halvings, halvings);
  }
  std::puts("decode normals project shade smoothness rasterize warp shrink cells: clean");
  return 0;
}
