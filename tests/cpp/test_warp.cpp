#include "ops/warp/warp.h"
#include "ops/warp/warp_math.h"
#include "support.h"

namespace facesdk::test {
namespace {

struct Crop {
  std::vector<float> planes;
  std::vector<uint8_t> pixels;
};

Crop warp(const std::vector<uint8_t>& image, int64_t height, int64_t width, const double* inverse,
          int64_t size, int32_t factor, int32_t pixel_bytes, int threads) {
  static Workspace workspace;
  Crop out{std::vector<float>(static_cast<size_t>(3 * size * size)),
           std::vector<uint8_t>(static_cast<size_t>(pixel_bytes * size * size))};
  WarpParams p{image.data(),
               height,
               width,
               {inverse[0], inverse[1], inverse[2], inverse[3], inverse[4], inverse[5]},
               size,
               factor,
               out.planes.data(),
               out.pixels.data(),
               pixel_bytes * size,
               pixel_bytes,
               threads};
  warp_cpu(p, workspace);
  return out;
}

// Value of the picture in double precision, 0 outside.
double sample(const std::vector<uint8_t>& image, int64_t height, int64_t width, double x, double y,
              int channel) {
  const auto left = static_cast<int64_t>(std::floor(x)), top = static_cast<int64_t>(std::floor(y));
  const auto at = [&](int64_t column, int64_t row) {
    if (column < 0 || column >= width || row < 0 || row >= height) return 0.0;
    return static_cast<double>(image[static_cast<size_t>(3 * (row * width + column) + channel)]);
  };
  const double wx = x - static_cast<double>(left), wy = y - static_cast<double>(top);
  return (1 - wy) * ((1 - wx) * at(left, top) + wx * at(left + 1, top)) +
         wy * ((1 - wx) * at(left, top + 1) + wx * at(left + 1, top + 1));
}

}  // namespace

TEST_CASE("warp: bilinear samples, black outside, on any number of threads") {
  Random random(28);
  constexpr int64_t kHeight = 71, kWidth = 93, kSize = 65;
  const auto image = random.bytes(3 * kHeight * kWidth);
  const double maps[][6] = {
      {1, 0, 0, 0, 1, 0}, {0.9, 0.3, 5, -0.3, 0.9, 20}, {1.6, 0.1, -10.5, -0.1, 1.6, -8.25}};
  for (const auto& inverse : maps) {
    for (const int32_t bytes : {3, 4}) {
      const Crop crop = warp(image, kHeight, kWidth, inverse, kSize, 1, bytes, 1);
      for (const int threads : {2, 4}) {
        const Crop more = warp(image, kHeight, kWidth, inverse, kSize, 1, bytes, threads);
        CHECK(crop.planes == more.planes);
        CHECK(crop.pixels == more.pixels);
      }
      add_to_digest("warp", crop.planes);
      if (bytes == 3) add_to_digest("warp", crop.pixels);
      double planes_off = 0.0, pixels_off = 0.0;
      for (int64_t row = 0; row < kSize; ++row) {
        for (int64_t column = 0; column < kSize; ++column) {
          const auto u = static_cast<double>(column), v = static_cast<double>(row);
          const double x = inverse[0] * u + inverse[1] * v + inverse[2];
          const double y = inverse[3] * u + inverse[4] * v + inverse[5];
          for (int c = 0; c < 3; ++c) {
            const double want = sample(image, kHeight, kWidth, x, y, c);
            const auto at = static_cast<size_t>(row * kSize + column);
            planes_off =
                std::fmax(planes_off,
                          std::fabs(255.0 * crop.planes[static_cast<size_t>(c) * kSize * kSize + at] - want));
            pixels_off = std::fmax(
                pixels_off,
                std::fabs(crop.pixels[at * static_cast<size_t>(bytes) + static_cast<size_t>(c)] - want));
          }
        }
      }
      CHECK(planes_off < 0.02);
      CHECK(pixels_off < 0.52);
    }
  }
}

TEST_CASE("warp: a coarse crop is the mean of the picture's pixels") {
  Random random(29);
  constexpr int64_t kHeight = 120, kWidth = 180, kSize = 30;
  const auto image = random.bytes(3 * kHeight * kWidth);
  for (const int32_t factor : {2, 3, 4, 16}) {
    // Crop pixel (i, j) is the cell of factor x factor pixels.
    const double shift = 0.5 * (factor - 1), inverse[6] = {1.0 * factor, 0, shift, 0, 1.0 * factor, shift};
    const Crop crop = warp(image, kHeight, kWidth, inverse, kSize, factor, 3, 1);
    const Crop more = warp(image, kHeight, kWidth, inverse, kSize, factor, 3, 4);
    CHECK(crop.planes == more.planes);
    add_to_digest("warp", crop.planes);
    const int64_t cells = std::min<int64_t>(kSize, kHeight / factor);
    double off = 0.0;
    for (int64_t row = 0; row < cells; ++row) {
      for (int64_t column = 0; column < cells; ++column) {
        double sum = 0.0;
        for (int64_t y = 0; y < factor; ++y) {
          for (int64_t x = 0; x < factor; ++x) {
            sum += image[static_cast<size_t>(3 * ((row * factor + y) * kWidth + column * factor + x))];
          }
        }
        const double got = 255.0 * crop.planes[static_cast<size_t>(row * kSize + column)];
        off = std::fmax(off, std::fabs(got - sum / (factor * factor)));
      }
    }
    CHECK(off < 0.52);
  }
}

TEST_CASE("warp_factor: samples lie at most 1.75 reduced pixels apart") {
  for (const double scale : {0.1, 1.0, 1.75, 1.76, 5.0, 20.0, 1e9}) {
    const double inverse[6] = {scale, 0, 0, 0, scale, 0};
    const int32_t factor = warp_factor(inverse);
    CHECK(factor >= 1);
    CHECK(factor <= 16);
    if (scale <= 28) CHECK(scale / factor <= 1.75 + 1e-5);
  }
}

TEST_CASE("warp: hostile maps") {
  for (const int threads : {1, 2, 3, 16}) {
    for (const double scale : {1e-30, 0.01, 0.7, 3.0, 1e7, 1e30}) {
      for (const int32_t factor : {1, 2, 5}) {
        const double inverse[6] = {scale, -0.3 * scale, -2.0, 0.3 * scale, scale, -1.5 * scale};
        const std::vector<uint8_t> one(3, 200), image(3 * 33 * 47, 200);
        warp(one, 1, 1, inverse, 1, factor, 3, threads);
        const Crop crop = warp(image, 33, 47, inverse, 65, factor, 3, threads);
        bool in_range = true;
        for (const float v : crop.planes) in_range &= v >= 0.0f && v <= 200.0f / 255.0f + 1e-6f;
        CHECK(in_range);
      }
    }
  }
}

}  // namespace facesdk::test
