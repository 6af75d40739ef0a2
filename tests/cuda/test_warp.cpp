#include <algorithm>

#include "cuda/device_array.h"
#include "faces.h"
#include "grid_orders.h"
#include "ops/warp/warp_cuda.h"
#include "same_bits.h"

namespace facesdk::test {
namespace {

constexpr int64_t kHeight = 71, kWidth = 93, kSize = 33;

// Crops inside, across the edge, beside the picture, turned, far away, and of pictures reduced up to 16
// times.
const std::vector<std::vector<double>> kMaps = {{1, 0, 10, 0, 1, 20},
                                                {0.9, 0.3, 5, -0.3, 0.9, 20},
                                                {1.6, 0.1, -10.5, -0.1, 1.6, -8.25},
                                                {2.4, 0.7, -6, -0.7, 2.4, 3},
                                                {4, 0, -31.5, 0, 4, -11},
                                                {9.3, -2, 40, 2, 9.3, -150},
                                                {40, 0, -600, 0, 40, -600},
                                                {1, 0, 500, 0, 1, 500},
                                                {3, 0, -4000, 0, 3, 0},
                                                {1e12, 0, 0, 0, 1e12, 0},
                                                {0, 0, 3, 0, 0, 4}};

struct Crops {
  std::vector<float> planes;
  std::vector<uint8_t> pixels;
};

Crops warped_by_cpu(const std::vector<uint8_t>& image, int32_t pixel_bytes) {
  const auto faces = static_cast<int64_t>(kMaps.size());
  Crops out{std::vector<float>(static_cast<size_t>(3 * kSize * kSize * faces)),
            std::vector<uint8_t>(static_cast<size_t>(pixel_bytes * kSize * kSize * faces))};
  Workspace workspace;
  for (int64_t f = 0; f < faces; ++f) {
    WarpParams p{image.data(),        kHeight,     kWidth, {}, kSize, 1, nullptr, nullptr,
                 pixel_bytes * kSize, pixel_bytes, 1};
    std::copy_n(kMaps[static_cast<size_t>(f)].data(), 6, p.inverse);
    p.factor = warp_factor(p.inverse);
    p.planes = of_face(out.planes, f, faces), p.pixels = of_face(out.pixels, f, faces);
    warp_cpu(p, workspace);
  }
  return out;
}

// Without the byte of each pixel that is not used.
std::vector<uint8_t> used(std::vector<uint8_t> pixels, int32_t pixel_bytes) {
  for (size_t i = 3; pixel_bytes == 4 && i < pixels.size(); i += 4) pixels[i] = 0;
  return pixels;
}

TEST_CASE("warp: crops of every kind with the CPU's bits") {
  const auto image = Random(28).bytes(3 * kHeight * kWidth);
  const auto faces = static_cast<int64_t>(kMaps.size());
  std::vector<WarpCrop> jobs;
  for (const auto& map : kMaps) {
    jobs.push_back(make_warp_crop(map.data(), warp_factor(map.data()), kHeight, kWidth, kSize));
  }
  const DeviceArray<WarpCrop> crops(jobs);
  const DeviceArray<uint8_t> photo(image);
  const Stream stream;
  for (const int32_t bytes : {3, 4}) {
    const Crops want = warped_by_cpu(image, bytes);
    in_all_orders([&] {
      const DeviceArray<float> planes(3 * kSize * kSize * faces);
      const DeviceArray<uint8_t> pixels(bytes * kSize * kSize * faces);
      WarpParams p{photo.data(),  kHeight,       kWidth,        {},    kSize, 0,
                   planes.data(), pixels.data(), bytes * kSize, bytes, 0};
      check(warp_cuda(p, crops.data(), faces, stream.get()));
      stream.wait();
      CHECK_SAME_BITS(planes.values(), want.planes);
      CHECK_SAME_BITS(used(pixels.values(), bytes), used(want.pixels, bytes));
    });
  }
}

TEST_CASE("warp: planes alone and pixels alone") {
  const auto image = Random(29).bytes(3 * kHeight * kWidth);
  const DeviceArray<uint8_t> photo(image), pixels(3 * kSize * kSize);
  const DeviceArray<WarpCrop> crop(
      std::vector<WarpCrop>{make_warp_crop(kMaps[0].data(), 1, kHeight, kWidth, kSize)});
  const DeviceArray<float> planes(3 * kSize * kSize);
  const Stream stream;
  in_all_orders([&] {
    WarpParams p{photo.data(), kHeight, kWidth, {}, kSize, 0, planes.data(), nullptr, 0, 0, 0};
    check(warp_cuda(p, crop.data(), 1, stream.get()));
    p.planes = nullptr, p.pixels = pixels.data(), p.row_bytes = 3 * kSize, p.pixel_bytes = 3;
    check(warp_cuda(p, crop.data(), 1, stream.get()));
    stream.wait();
    const std::vector<float> values = planes.values();
    const std::vector<uint8_t> levels = pixels.values();
    for (int64_t i = 0; i < kSize * kSize; ++i) {
      CHECK(levels[static_cast<size_t>(3 * i)] == nearest_byte(values[static_cast<size_t>(i)] * 255.0f));
    }
  });
}

}  // namespace
}  // namespace facesdk::test
