// What the ops promise, checked without Python: so that a compiler, a CPU or a sanitizer can be tried with
// one small program. Ends with a fingerprint of all results, which is the same on every CPU. Exit status 1
// and the failed promises by name if there are any.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "ops/decode/decode.h"
#include "ops/decode/row_runs.h"
#include "ops/decode/shape_quads.h"
#include "ops/landmarks/landmarks.h"
#include "ops/normals/normals.h"
#include "ops/project/project.h"
#include "ops/rasterize/rasterize.h"
#include "ops/sample_normalized_patch/sample_normalized_patch.h"
#include "ops/shade/shade.h"
#include "ops/shade_and_project/shade_and_project.h"
#include "ops/sharpness/sharpness.h"
#include "ops/smoothness/smoothness.h"

namespace {

int failures = 0;
uint64_t fingerprint = 1469598103934665603u;

void expect(bool kept, const char* promise) {
  if (kept) return;
  ++failures;
  std::printf("NOT KEPT: %s\n", promise);
}

// Random numbers that do not depend on the standard library.
uint32_t random_state = 12345;

float uniform(float low, float high) {
  random_state = random_state * 1664525u + 1013904223u;
  return low + (high - low) * (static_cast<float>(random_state >> 8) / 16777216.0f);
}

std::vector<float> floats(int64_t count, float low, float high) {
  std::vector<float> out(static_cast<size_t>(count));
  for (float& v : out) v = uniform(low, high);
  return out;
}

template <typename T>
void remember(const std::vector<T>& values) {
  for (const T value : values) {
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof(value));
    fingerprint = (fingerprint ^ bits) * 1099511628211u;
  }
}

// Runs `op(threads, out)` with 1, 2 and 4 threads; every run must give the same bits. Returns them.
template <typename Op>
std::vector<float> on_threads(int64_t size, const char* promise, const Op& op) {
  std::vector<float> one(static_cast<size_t>(size)), many(one.size());
  op(1, one.data());
  for (const int threads : {2, 4}) {
    op(threads, many.data());
    expect(std::memcmp(one.data(), many.data(), one.size() * sizeof(float)) == 0, promise);
  }
  remember(one);
  return one;
}

struct Mesh {
  std::vector<float> verts;
  std::vector<int32_t> triangles;
  int64_t count() const { return static_cast<int64_t>(verts.size()) / 3; }
  int64_t faces() const { return static_cast<int64_t>(triangles.size()) / 3; }
};

// A closed tube of radius 50 about the y axis, 1200 in front of a camera that looks along +z; triangles are
// counter-clockwise seen from outside. It has vertices of different depth and triangles of all directions.
Mesh tube(int rings, int segments) {
  Mesh mesh;
  for (int ring = 0; ring < rings; ++ring) {
    for (int s = 0; s < segments; ++s) {
      // The sine by its own series: libraries differ in the last bit.
      const float turn = static_cast<float>(s) / static_cast<float>(segments) * 4.0f;  // quarters
      const int quarter = static_cast<int>(turn);
      const float t = (turn - static_cast<float>(quarter)) * 1.57079633f, q = t * t;
      const float sine = t * (1.0f - q / 6.0f * (1.0f - q / 20.0f * (1.0f - q / 42.0f)));
      const float cosine = 1.0f - q / 2.0f * (1.0f - q / 12.0f * (1.0f - q / 30.0f * (1.0f - q / 56.0f)));
      const float x[4] = {cosine, -sine, -cosine, sine}, z[4] = {sine, cosine, -sine, -cosine};
      const float y = 100.0f * static_cast<float>(ring) / static_cast<float>(rings - 1) - 50.0f;
      mesh.verts.insert(mesh.verts.end(), {50.0f * x[quarter], y, 1200.0f + 50.0f * z[quarter]});
    }
  }
  for (int ring = 0; ring + 1 < rings; ++ring) {
    for (int s = 0; s < segments; ++s) {
      const int a = ring * segments + s, b = ring * segments + (s + 1) % segments;
      const int c = a + segments, d = b + segments;
      mesh.triangles.insert(mesh.triangles.end(), {a, c, b, b, c, d});
    }
  }
  return mesh;
}

void check_rectangles() {
  constexpr int32_t kHeight = 29, kWidth = 33;
  std::vector<int32_t> drawn(kHeight * kWidth), seen(drawn.size());
  for (int run = 0; run < 400; ++run) {
    // Every second rectangle has its edges on pixel centres, where the top-left rule decides.
    const float grid = run % 2 == 0 ? 1.0f : 4096.0f;
    const auto place = [grid](float most) { return std::floor(uniform(-6.0f, most) * grid) / grid; };
    float x0 = place(40), x1 = place(40), y0 = place(36), y1 = place(36);
    if (x1 < x0) std::swap(x0, x1);
    if (y1 < y0) std::swap(y0, y1);
    const float points[12] = {x0, y0, 900, x1, y0, 900, x1, y1, 900, x0, y1, 900};
    const int32_t halves[2][6] = {{0, 1, 2, 0, 2, 3}, {0, 1, 3, 1, 2, 3}};
    std::fill(seen.begin(), seen.end(), 0);
    for (int half = 0; half < 2; ++half) {
      facesdk::RasterizeParams p{};
      p.points = points, p.num_verts = 4, p.triangles = halves[run / 2 % 2] + 3 * half, p.num_triangles = 1;
      p.height = kHeight, p.width = kWidth, p.triangle = drawn.data(), p.threads = 1 + run % 3;
      facesdk::rasterize_cpu(p);
      for (size_t i = 0; i < seen.size(); ++i) seen[i] += drawn[i] >= 0;
    }
    bool once = true;
    for (int32_t y = 0; y < kHeight; ++y) {
      for (int32_t x = 0; x < kWidth; ++x) {
        const float fx = static_cast<float>(x), fy = static_cast<float>(y);
        const int inside = fx >= x0 && fx < x1 && fy >= y0 && fy < y1;
        once &= seen[static_cast<size_t>(y * kWidth + x)] == inside;
      }
    }
    expect(once, "two triangles cover the pixels of their rectangle exactly once");
  }
}

void check_picture(const Mesh& mesh, const std::vector<float>& points, const std::vector<float>& colors) {
  constexpr int64_t kSide = 120;
  std::vector<std::vector<float>> color, depth;
  for (const int threads : {1, 2, 4}) {
    color.emplace_back(3 * kSide * kSide);
    depth.emplace_back(kSide * kSide);
    facesdk::RasterizeParams p{};
    p.points = points.data(), p.colors = colors.data(), p.num_verts = mesh.count();
    p.triangles = mesh.triangles.data(), p.num_triangles = mesh.faces();
    p.height = p.width = kSide, p.cull = true, p.threads = threads;
    p.color = color.back().data(), p.depth = depth.back().data();
    facesdk::rasterize_cpu(p);
  }
  expect(color[0] == color[1] && color[0] == color[2], "rasterize: same colours for 1, 2 and 4 threads");
  expect(depth[0] == depth[1] && depth[0] == depth[2], "rasterize: same depths for 1, 2 and 4 threads");
  float nearest = 1e9f, farthest = 0.0f;
  int64_t covered = 0;
  for (const float d : depth[0]) {
    if (d == 0.0f) continue;
    ++covered;
    nearest = std::min(nearest, d);
    farthest = std::max(farthest, d);
  }
  expect(covered > kSide * kSide / 4, "the tube is in the picture");
  expect(nearest > 1149.0f && nearest < 1151.0f, "the side of the tube that is seen is the near one");
  expect(farthest < 1201.0f, "what faces away is not drawn");
  remember(color[0]);
  remember(depth[0]);
}

void check_mesh(int rings, int segments) {
  const Mesh mesh = tube(rings, segments);
  const int64_t size = 3 * mesh.count();
  const auto normals =
      on_threads(size, "normals: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
        facesdk::normals_cpu(
            {mesh.verts.data(), mesh.triangles.data(), mesh.count(), mesh.faces(), out, threads});
      });
  bool outside = true;
  for (int64_t v = 0; v < mesh.count(); ++v) {
    const size_t i = static_cast<size_t>(3 * v);
    const float along = (normals[i] * mesh.verts[i] + normals[i + 2] * (mesh.verts[i + 2] - 1200.0f)) / 50.0f;
    outside &= along > 0.97f && std::fabs(normals[i + 1]) < 0.1f;
  }
  expect(outside, "normals of a tube point away from its axis");

  const float k[9] = {1000, 0, 59.5f, 0, 1000, 59.5f, 0, 0, 1};
  const auto points =
      on_threads(size, "project: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
        facesdk::project_cpu({mesh.verts.data(), k, mesh.count(), out, threads});
      });
  const auto back =
      on_threads(size, "unproject: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
        facesdk::unproject_cpu({points.data(), k, mesh.count(), out, threads});
      });
  float apart = 0.0f;
  for (size_t i = 0; i < back.size(); ++i) apart = std::max(apart, std::fabs(back[i] - mesh.verts[i]));
  expect(apart < 0.01f, "unproject undoes project");

  std::vector<float> light(27, 0.0f);
  for (int c = 0; c < 3; ++c) light[static_cast<size_t>(c)] = 1.0f / 0.28209479f;
  const auto albedo = floats(size, 0, 1);
  const auto even = on_threads(size, "shade: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
    facesdk::shade_cpu({albedo.data(), normals.data(), light.data(), mesh.count(), out, threads});
  });
  float off = 0.0f;
  for (size_t i = 0; i < even.size(); ++i) off = std::max(off, std::fabs(even[i] - albedo[i]));
  expect(off < 1e-5f, "even light of 1 leaves the albedo");

  // In one pass, and from a pose that changes nothing: what the ops give one after the other.
  const float none[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, still[3] = {0, 0, 0};
  std::vector<float> lit(static_cast<size_t>(size));
  const auto placed =
      on_threads(size, "lit points: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
        facesdk::lit_points_cpu({mesh.verts.data(), mesh.triangles.data(), none, still, k, albedo.data(),
                                 light.data(), mesh.count(), mesh.faces(), out, lit.data(), threads});
      });
  expect(placed == points, "lit points lie where project puts them");
  expect(lit == even, "lit points have the colours that shade gives");
  remember(lit);
  check_picture(mesh, points, albedo);
}

// Rows of every kind that has a loop of its own, and of others, in any order of their weights.
void check_row_runs(const std::vector<float>& control, int64_t controls) {
  const std::vector<std::vector<float>> kinds = {
      {1.0f},
      {0.25f, 0.25f, 0.25f, 0.25f},
      {0.0625f, 0.375f, 0.0625f, 0.0625f, 0.375f, 0.0625f},
      {0.5625f, 0.09375f, 0.015625f, 0.09375f, 0.015625f, 0.09375f, 0.015625f, 0.09375f, 0.015625f},
      {0.5f, 0.5f},
      {0.1f, 0.2f, 0.3f, 0.4f},
      {}};
  std::vector<int32_t> ptr{0}, idx;
  std::vector<float> val;
  for (int row = 0; row < 300; ++row) {
    // Some rows alone, some with others of their kind.
    const auto& kind = kinds[static_cast<size_t>(row < 100 ? row % 7 : row / 25 % 7)];
    for (const float weight : kind) {
      val.push_back(weight);
      idx.push_back(static_cast<int32_t>(uniform(0, static_cast<float>(controls) - 0.01f)));
    }
    ptr.push_back(static_cast<int32_t>(idx.size()));
  }
  const auto verts = static_cast<int64_t>(ptr.size()) - 1;
  const facesdk::RowRuns rows = facesdk::arrange_rows(ptr.data(), idx.data(), val.data(), verts);
  expect(rows.runs.size() < 120, "rows of one kind that follow each other are one run");
  std::vector<float> plain(static_cast<size_t>(3 * verts));
  facesdk::subdivide_cpu(
      {control.data(), controls, ptr.data(), idx.data(), val.data(), verts, plain.data(), 1});
  const auto runs =
      on_threads(3 * verts, "row runs: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
        facesdk::subdivide_runs_cpu(rows, control.data(), controls, out, threads);
      });
  float off = 0.0f;
  for (size_t i = 0; i < plain.size(); ++i) off = std::max(off, std::fabs(plain[i] - runs[i]));
  expect(off < 1e-4f, "rows arranged in runs give what the rows give one by one");
}

void check_decode(int64_t controls, int64_t rows) {
  const int64_t size = 3 * controls, blocks = (size + facesdk::kShapeBlock - 1) / facesdk::kShapeBlock;
  const auto mean = floats(size, -100, 100), coeffs = floats(rows, -0.02f, 0.02f);
  std::vector<int8_t> bytes(static_cast<size_t>(rows * blocks * facesdk::kShapeBlock));
  for (int8_t& b : bytes) b = static_cast<int8_t>(uniform(-127.9f, 127.9f));

  const auto dense =
      on_threads(size, "decode: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
        facesdk::blend_cpu({mean.data(), nullptr, bytes.data(), coeffs.data(), rows, size, out, threads});
      });
  const std::vector<float> wide(bytes.begin(), bytes.begin() + rows * size);
  const auto slow =
      on_threads(size, "decode: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
        facesdk::blend_cpu({mean.data(), wide.data(), nullptr, coeffs.data(), rows, size, out, threads});
      });
  double bytes_off = 0.0, floats_off = 0.0;
  for (int64_t i = 0; i < size; ++i) {
    double exact = mean[static_cast<size_t>(i)];
    for (int64_t k = 0; k < rows; ++k) {
      exact += static_cast<double>(coeffs[static_cast<size_t>(k)]) * bytes[static_cast<size_t>(k * size + i)];
    }
    bytes_off = std::max(bytes_off, std::fabs(dense[static_cast<size_t>(i)] - exact));
    floats_off = std::max(floats_off, std::fabs(slow[static_cast<size_t>(i)] - exact));
  }
  expect(floats_off < 1e-3, "decode of floats is the sum of its rows");
  expect(bytes_off < 1e-3, "decode of bytes is the sum of its rows");

  // The same rows as blocks, each row in every block: ordered by block.
  std::vector<int32_t> ptr, row;
  std::vector<int8_t> values;
  for (int64_t b = 0; b < blocks; ++b) {
    ptr.push_back(static_cast<int32_t>(row.size()));
    for (int64_t k = 0; k < rows; ++k) {
      row.push_back(static_cast<int32_t>(k));
      for (int64_t i = b * facesdk::kShapeBlock; i < (b + 1) * facesdk::kShapeBlock; ++i) {
        values.push_back(i < size ? bytes[static_cast<size_t>(k * size + i)] : int8_t{0});
      }
    }
  }
  ptr.push_back(static_cast<int32_t>(row.size()));
  const std::vector<float> step(row.size(), 1.0f);
  const facesdk::ShapeQuads quads =
      facesdk::arrange_shapes(ptr.data(), blocks, row.data(), step.data(), values.data());
  const auto local =
      on_threads(size, "shapes: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
        facesdk::add_shapes_cpu({mean.data(), quads.runs.data(), quads.row.data(), quads.step.data(),
                                 quads.values.data(), coeffs.data(), size, out, threads});
      });
  expect(local == dense, "shapes in blocks give what the same shapes in rows give");

  const int64_t verts = 3 * controls + 1;
  std::vector<int32_t> sub_ptr, sub_idx;
  for (int64_t v = 0; v <= verts; ++v) sub_ptr.push_back(static_cast<int32_t>(4 * v));
  for (int64_t n = 0; n < 4 * verts; ++n) {
    sub_idx.push_back(static_cast<int32_t>(uniform(0, static_cast<float>(controls) - 0.01f)));
  }
  const std::vector<float> quarter(static_cast<size_t>(4 * verts), 0.25f);
  const auto fine =
      on_threads(3 * verts, "subdivide: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
        facesdk::subdivide_cpu(
            {dense.data(), controls, sub_ptr.data(), sub_idx.data(), quarter.data(), verts, out, threads});
      });
  double mean_off = 0.0;
  for (int64_t v = 0; v < verts; ++v) {
    for (int64_t x = 0; x < 3; ++x) {
      double sum = 0.0;
      for (int64_t n = 4 * v; n < 4 * v + 4; ++n) {
        sum += 0.25 * dense[static_cast<size_t>(3 * sub_idx[static_cast<size_t>(n)] + x)];
      }
      mean_off = std::max(mean_off, std::fabs(fine[static_cast<size_t>(3 * v + x)] - sum));
    }
  }
  expect(mean_off < 1e-4, "a dense vertex is the weighted mean of its control vertices");
  check_row_runs(dense, controls);
}

// Faces of a wavy sheet cut in four, whose triangles come fan by fan, and the same triangles in another
// order.
void check_fans(int32_t side) {
  const int32_t across = 2 * side + 1;
  std::vector<float> verts;
  for (int32_t y = 0; y < across; ++y) {
    for (int32_t x = 0; x < across; ++x) {
      verts.insert(verts.end(), {static_cast<float>(x), static_cast<float>(y), uniform(-1, 1)});
    }
  }
  std::vector<int32_t> fans, others;
  for (int32_t y = 1; y < across; y += 2) {
    for (int32_t x = 1; x < across; x += 2) {
      const auto at = [across](int32_t column, int32_t row) { return row * across + column; };
      const int32_t corner[4] = {at(x - 1, y - 1), at(x + 1, y - 1), at(x + 1, y + 1), at(x - 1, y + 1)};
      const int32_t edge[4] = {at(x, y - 1), at(x + 1, y), at(x, y + 1), at(x - 1, y)};
      for (int i = 0; i < 4; ++i) {
        const int32_t before = edge[(i + 3) % 4];
        fans.insert(fans.end(), {corner[i], edge[i], at(x, y), corner[i], at(x, y), before});
        others.insert(others.end(), {at(x, y), before, corner[i], edge[i], at(x, y), corner[i]});
      }
    }
  }
  const auto count = static_cast<int64_t>(verts.size() / 3), faces = static_cast<int64_t>(fans.size() / 3);
  const auto fanned = on_threads(
      3 * count, "normals of fans: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
        facesdk::normals_cpu({verts.data(), fans.data(), count, faces, out, threads});
      });
  std::vector<float> plain(verts.size());
  facesdk::normals_cpu({verts.data(), others.data(), count, faces, plain.data(), 1});
  float off = 0.0f;
  for (size_t i = 0; i < plain.size(); ++i) off = std::max(off, std::fabs(plain[i] - fanned[i]));
  expect(off < 1e-5f, "fans give the normals that their triangles give one by one");
  fans[10] = -1;
  expect(!facesdk::normals_cpu({verts.data(), fans.data(), count, faces, plain.data(), 1}),
         "an index that is none is told");
}

// A closed ring of vertices: each has two neighbours.
void check_smoothness(int64_t count) {
  const auto verts = floats(3 * count, -10, 10);
  std::vector<int32_t> ptr, idx;
  for (int64_t v = 0; v <= count; ++v) ptr.push_back(static_cast<int32_t>(2 * v));
  for (int64_t v = 0; v < count; ++v) {
    idx.push_back(static_cast<int32_t>((v + count - 1) % count));
    idx.push_back(static_cast<int32_t>((v + 1) % count));
  }
  double value = 0.0, threaded = 0.0;
  const auto gradient =
      on_threads(3 * count, "smoothness: same bits for 1, 2 and 4 threads", [&](int threads, float* out) {
        facesdk::smoothness_cpu({verts.data(), ptr.data(), idx.data(), count, &threaded, out, threads});
        if (threads == 1) value = threaded;
        expect(value == threaded, "smoothness: same value for 1, 2 and 4 threads");
      });
  // A quadratic: half the gradient along the vertices themselves is the value.
  double along = 0.0;
  for (size_t i = 0; i < verts.size(); ++i) along += 0.5 * static_cast<double>(verts[i]) * gradient[i];
  expect(std::fabs(along - value) < 1e-4 * value, "smoothness: gradient and value belong together");
}

void check_sharpness(int64_t size) {
  auto gray = floats(size * size, 0, 1);
  const float sharp = static_cast<float>(facesdk::sharpness_cpu({gray.data(), size}));
  remember(std::vector<float>{sharp});
  for (float& v : gray) v *= 0.25f;
  const float faint = static_cast<float>(facesdk::sharpness_cpu({gray.data(), size}));
  expect(std::fabs(faint - sharp) < 1e-4f * sharp, "sharpness does not depend on the contrast");
}

void check_landmarks(int64_t count) {
  const auto mean = floats(3 * count, -70, 70), bases = floats(7 * 3 * count, -3, 3);
  const auto identity = floats(5, -1, 1), expression = floats(2, 0, 1);
  const float rotation[9] = {1, 0, 0, 0, -1, 0, 0, 0, -1}, shift[3] = {0, 0, 1300};
  const facesdk::PictureCrop crop{{320, 240}, 100, 0, 4.5};
  std::vector<float> seen(static_cast<size_t>(2 * count)), in_picture(seen.size());
  facesdk::crop_landmarks_cpu({mean.data(), bases.data(), identity.data(), expression.data(), count, 5, 2,
                               rotation, shift, crop, seen.data(), in_picture.data()});
  remember(seen);
  remember(in_picture);
  bool scaled = true;
  for (size_t i = 0; i < seen.size(); ++i) {
    const float expected = static_cast<float>(crop.center[i % 2]) + 100.0f * seen[i];
    scaled &= std::fabs(in_picture[i] - expected) < 1e-3f;
  }
  expect(scaled, "landmarks in the picture are those of the crop, moved and scaled");

  const facesdk::Box box = facesdk::turned_box_cpu(in_picture.data(), count, 0.0);
  const facesdk::Box turned = facesdk::turned_box_cpu(in_picture.data(), count, std::acos(-1.0) / 2);
  expect(std::fabs((turned.right - turned.left) - (box.bottom - box.top)) < 1e-6,
         "a quarter turn swaps the sides of a box");
  expect(facesdk::mean_distance_cpu(seen.data(), seen.data(), count) == 0.0, "no distance to itself");
  if (count < 68) return;
  const facesdk::FaceFrame frame = facesdk::face_frame_cpu(in_picture.data(), 0.3);
  expect(frame.box.left <= box.left && frame.box.top <= box.top && frame.box.right >= box.right &&
             frame.box.bottom >= box.bottom,
         "the face's box holds its landmarks");
}

void check_patch(int64_t size) {
  const auto gray = floats(size * size, 0, 1);
  std::vector<float> patch(20 * 9), brighter(patch.size());
  const double middle = static_cast<double>(size) / 2;
  facesdk::PatchParams p{gray.data(), size,  {middle, middle}, {middle, 1.5}, false, 20,
                         9,           0.02f, patch.data()};
  facesdk::patch_cpu(p);
  auto half = gray;
  for (float& v : half) v = 0.25f + 0.5f * v;
  p.gray = half.data(), p.flat = 0.01f, p.out = brighter.data();
  facesdk::patch_cpu(p);
  bool alike = true;
  for (size_t i = 0; i < patch.size(); ++i) alike &= std::fabs(patch[i] - brighter[i]) < 1e-3f;
  expect(alike, "a patch does not depend on brightness and contrast");
}

}  // namespace

int main() {
  check_rectangles();
  for (const int segments : {12, 64}) check_mesh(segments / 2 + 3, segments);
  check_mesh(200, 300);  // triangles below a pixel
  for (const int64_t controls : {1, 85, 86, 700}) {
    for (const int64_t rows : {1, 5, 61}) check_decode(controls, rows);
  }
  for (const int32_t side : {1, 2, 9}) check_fans(side);
  for (const int64_t count : {3, 127, 1000}) check_smoothness(count);
  for (const int64_t size : {5, 27, 112}) check_sharpness(size);
  for (const int64_t count : {1, 68}) check_landmarks(count);
  for (const int64_t size : {2, 31, 96}) check_patch(size);
  std::printf("%s, fingerprint %016llx\n", failures == 0 ? "all promises kept" : "FAILED",
              static_cast<unsigned long long>(fingerprint));
  return failures == 0 ? 0 : 1;
}
