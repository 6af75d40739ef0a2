#include "ops/contours/contours.h"
#include "support.h"

namespace facesdk::test {

TEST_CASE("contours of sums of waves are lines, and the same on every CPU") {
  Workspace workspace;
  for (const int32_t size : {7, 40, 128}) {
    std::vector<uint8_t> gray(static_cast<size_t>(size) * static_cast<size_t>(size)), out(gray.size());
    for (int32_t y = 0; y < size; ++y) {
      for (int32_t x = 0; x < size; ++x) {
        gray[static_cast<size_t>(y * size + x)] =
            static_cast<uint8_t>(((x * 5) % 160 > 80 ? 90 : 20) + ((y * 3 + x) % 90 > 45 ? 100 : 0));
      }
    }
    contours_cpu({gray.data(), size, size, out.data()}, workspace);
    add_to_digest("contours", out.data(), out.size());
    for (const uint8_t one : out) REQUIRE(one <= 1);
  }
}

TEST_CASE("contours of a flat picture: none") {
  Workspace workspace;
  const std::vector<uint8_t> gray(30 * 20, 77);
  std::vector<uint8_t> out(gray.size(), 9);
  contours_cpu({gray.data(), 30, 20, out.data()}, workspace);
  for (const uint8_t one : out) CHECK(one == 0);
}

}  // namespace facesdk::test
