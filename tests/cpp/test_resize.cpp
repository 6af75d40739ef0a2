#include "ops/resize/resize.h"
#include "support.h"

namespace facesdk::test {
namespace {

std::vector<uint8_t> resize(const std::vector<uint8_t>& image, int64_t height, int64_t width,
                            int32_t halvings, int64_t rows, int64_t columns, int64_t out_height,
                            int64_t out_width) {
  static Workspace workspace;
  std::vector<uint8_t> out(static_cast<size_t>(4 * out_height * out_width), 77);
  resize_cpu({image.data(), height, width, halvings, rows, columns, out.data(), 4 * out_width, out_height,
              out_width},
             workspace);
  return out;
}

}  // namespace

TEST_CASE("resize: means of whole cells, black beyond the picture") {
  Random random(30);
  for (int32_t halvings = 0; halvings <= 8; ++halvings) {
    const int64_t cells = 7, side = cells << halvings;
    const auto image = random.bytes(3 * side * side);
    const auto small = resize(image, side, side, halvings, cells, cells, cells + 2, cells + 3);
    add_to_digest("resize", small);
    double off = 0.0;
    bool black = true;
    for (int64_t row = 0; row < cells + 2; ++row) {
      for (int64_t column = 0; column < cells + 3; ++column) {
        const uint8_t* got = small.data() + 4 * (row * (cells + 3) + column);
        black &= got[3] == 0;
        for (int64_t c = 0; c < 3; ++c) {
          if (row >= cells || column >= cells) {
            black &= got[c] == 0;
            continue;
          }
          double sum = 0.0;
          for (int64_t y = row << halvings; y < (row + 1) << halvings; ++y) {
            for (int64_t x = column << halvings; x < (column + 1) << halvings; ++x) {
              sum += image[static_cast<size_t>(3 * (y * side + x) + c)];
            }
          }
          off = std::fmax(off, std::fabs(got[c] - sum / static_cast<double>(int64_t{1} << (2 * halvings))));
        }
      }
    }
    CHECK(off <= (halvings <= 4 ? 0.6 : 3.0));  // beyond that the sums lose bits on the way
    CHECK(black);
  }
}

TEST_CASE("resize: an even picture stays even at any size") {
  for (const int32_t halvings : {0, 1, 3, 4, 5, 8}) {
    for (const int64_t side : {1, 2, 37}) {
      const int64_t height = side << halvings, width = (side + 1) << halvings;
      const std::vector<uint8_t> image(static_cast<size_t>(3 * height * width), 255);
      const int64_t rows = side + 1, columns = side + 3;
      const auto small = resize(image, height, width, halvings, rows, columns, rows + 1, columns + 3);
      bool even = true;
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t column = 0; column < columns; ++column) {
          even &= small[static_cast<size_t>(4 * (row * (columns + 3) + column))] == 255;
        }
      }
      CHECK(even);
    }
  }
}

TEST_CASE("resize: between cells") {
  Random random(31);
  const auto image = random.bytes(3 * 211 * 307);
  for (const int32_t halvings : {0, 1, 2, 3, 5}) {
    for (const int64_t columns : {5, 64, 97}) {
      add_to_digest("resize", resize(image, 211, 307, halvings, 33, columns, 40, columns + 1));
    }
  }
  // Two cells to four pixels: a quarter of the way, three quarters.
  const std::vector<uint8_t> two = {0, 0, 0, 100, 100, 100};
  const auto four = resize(two, 1, 2, 0, 1, 4, 1, 4);
  CHECK(four[0] == 0);
  CHECK(four[4] == 25);
  CHECK(four[8] == 75);
  CHECK(four[12] == 100);
}

}  // namespace facesdk::test
