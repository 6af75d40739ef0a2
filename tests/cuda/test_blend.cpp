#include <algorithm>

#include "cuda/device_array.h"
#include "faces.h"
#include "grid_orders.h"
#include "ops/blend/blend_cuda.h"
#include "pipeline/completion.h"
#include "pipeline/drawn_completion.h"
#include "same_bits.h"

namespace facesdk::test {
namespace {

constexpr int32_t kSide = 48;
constexpr int64_t kPixels = kSide * kSide;

std::vector<uint8_t> blobs(uint32_t seed, int64_t faces) {
  Random random(seed);
  std::vector<uint8_t> out(static_cast<size_t>(kPixels * faces));
  for (int64_t f = 0; f < faces; ++f) {
    const float x0 = random.uniform(10, 38), y0 = random.uniform(10, 38), radius = random.uniform(6, 18);
    for (int32_t i = 0; i < kPixels; ++i) {
      const float x = static_cast<float>(i % kSide) - x0, y = static_cast<float>(i / kSide) - y0;
      of_face(out, f, faces)[i] = x * x + y * y < radius * radius;
    }
  }
  return out;
}

TEST_CASE("paint: completions that overlap, are turned and lie across the edge, with the CPU's bits") {
  constexpr int64_t kFaces = 3;
  constexpr int32_t kHeight = 70, kWidth = 90;
  Random random(5);
  const auto rgb = random.bytes(3 * kPixels * kFaces), share = blobs(6, kFaces);
  const std::vector<float> matrix = {1,     0,    -20,   0, 1, -10,  0.8f, 0.3f, -30.5f,
                                     -0.3f, 0.8f, 3.25f, 2, 0, -120, 0,    2,    -90};
  const DeviceArray<uint8_t> made(rgb), weight(share);
  const DeviceArray<float> place(matrix);
  const Stream stream;
  for (const int32_t bytes : {3, 4}) {
    const auto photo = random.bytes(bytes * kHeight * kWidth);
    std::vector<uint8_t> want = photo, generated(kHeight * kWidth, 7);
    for (int64_t f = 0; f < kFaces; ++f) {
      Completion c;
      c.made = true, c.side = kSide;
      c.rgb.assign(of_face(rgb, f, kFaces), of_face(rgb, f, kFaces) + 3 * kPixels);
      c.generated.assign(of_face(share, f, kFaces), of_face(share, f, kFaces) + kPixels);
      paint_completion(c, of_face(matrix, f, kFaces),
                       {want.data(), bytes * kWidth, bytes, 2, 0, kHeight, kWidth, nullptr},
                       generated.data());
    }
    CHECK(std::count(generated.begin(), generated.end(), 1) > 500);
    in_all_orders([&] {
      const DeviceArray<uint8_t> pixels(photo), marks(std::vector<uint8_t>(kHeight * kWidth, 7));
      check(paint_cuda({made.data(), weight.data(), place.data(), kSide, pixels.data(), bytes * kWidth, bytes,
                        2, 0, kHeight, kWidth, marks.data()},
                       kFaces, stream.get()));
      stream.wait();
      CHECK_SAME_BITS(pixels.values(), want);
      CHECK_SAME_BITS(marks.values(), generated);
    });
  }
}

struct Drawn {
  std::vector<uint8_t> crop, mask, outline;
  std::vector<float> color, depth;
};

Drawn make_drawn(int64_t faces) {
  Random random(9);
  Drawn d{random.bytes(4 * kPixels * faces),
          blobs(1, faces),
          random.bytes(kRegionCells * kRegionCells * faces),
          {},
          {}};
  for (uint8_t& cell : d.outline) cell = cell > 40;
  d.color = random.floats(3 * kPixels * faces, 0, 1);
  const auto there = blobs(2, faces);
  for (size_t i = 0; i < there.size(); ++i) d.depth.push_back(there[i] != 0 && i % 11 != 0 ? 900.0f : 0.0f);
  std::fill_n(d.mask.begin(), kPixels, uint8_t{1});  // nothing of the first face is seen
  return d;
}

TEST_CASE("blend_drawn: drawn faces of which much, little and nothing is seen, with the CPU's bits") {
  constexpr int64_t kFaces = 3;
  const Drawn d = make_drawn(kFaces);
  std::vector<uint8_t> rgb(static_cast<size_t>(3 * kPixels * kFaces)),
      generated(static_cast<size_t>(kPixels * kFaces));
  for (int64_t f = 0; f < kFaces; ++f) {
    Occlusion occlusion;
    occlusion.outline.assign(of_face(d.outline, f, kFaces),
                             of_face(d.outline, f, kFaces) + kRegionCells * kRegionCells);
    DrawnCompletionWorkspace w;
    w.mask.assign(of_face(d.mask, f, kFaces), of_face(d.mask, f, kFaces) + kPixels);
    w.color.assign(of_face(d.color, f, kFaces), of_face(d.color, f, kFaces) + 3 * kPixels);
    w.depth.assign(of_face(d.depth, f, kFaces), of_face(d.depth, f, kFaces) + kPixels);
    Completion out;
    blend_drawn_face(of_face(d.crop, f, kFaces), occlusion, kSide, &w, &out);
    std::copy(out.rgb.begin(), out.rgb.end(), of_face(rgb, f, kFaces));
    std::copy(out.generated.begin(), out.generated.end(), of_face(generated, f, kFaces));
  }
  const DeviceArray<uint8_t> crop(d.crop), mask(d.mask), outline(d.outline);
  const DeviceArray<float> color(d.color), depth(d.depth);
  const DeviceArray<int> totals(4 * kFaces);
  const DeviceArray<double> sums(4 * kPixels * kFaces), lines(4 * kPixels * kFaces);
  const Stream stream;
  in_all_orders([&] {
    const DeviceArray<uint8_t> made(3 * kPixels * kFaces), marks(kPixels * kFaces);
    check(blend_drawn_cuda({crop.data(), mask.data(), outline.data(), color.data(), depth.data(), kSide,
                            kRegionCells, made.data(), marks.data()},
                           {totals.data(), sums.data(), lines.data()}, kFaces, stream.get()));
    stream.wait();
    CHECK_SAME_BITS(made.values(), rgb);
    CHECK_SAME_BITS(marks.values(), generated);
  });
}

}  // namespace
}  // namespace facesdk::test
