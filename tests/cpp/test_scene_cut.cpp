#include <algorithm>
#include <memory>

#include "pipeline/scene_cut.h"
#include "support.h"

namespace facesdk::test {
namespace {

constexpr int32_t kSize = 96;

// A picture of smooth blobs: neighbouring pixels are alike, as in photos.
std::vector<uint8_t> blobs(int64_t height, int64_t width, uint32_t seed) {
  Random random(seed);
  const auto phases = random.floats(12, 0.0f, 6.28f), scales = random.floats(12, 4.0f, 14.0f);
  std::vector<uint8_t> out(static_cast<size_t>(3 * height * width));
  for (int64_t i = 0; i < height * width; ++i) {
    const float x = static_cast<float>(i % width) / static_cast<float>(width);
    const float y = static_cast<float>(i / width) / static_cast<float>(height);
    for (size_t k = 0; k < 3; ++k) {
      const float wave = std::sin(scales[k] * x + phases[k]) * std::sin(scales[k + 3] * y + phases[k + 3]);
      out[static_cast<size_t>(3 * i) + k] = static_cast<uint8_t>(127.0f + 120.0f * wave);
    }
  }
  return out;
}

Thumbnail thumbnail_of(const std::vector<uint8_t>& pixels, int64_t height, int64_t width) {
  Thumbnail out;
  make_thumbnail({pixels.data(), height, width}, &out);
  return out;
}

// A crop of blobs with landmarks round a circle.
FaceObservation face_of(uint32_t seed, float x, float y) {
  FaceObservation face{};
  face.gray.resize(kSize * kSize);
  const auto pixels = blobs(2 * kSize, 2 * kSize, seed);
  for (int i = 0; i < kSize * kSize; ++i) {
    const int column = i % kSize + kSize / 2 - static_cast<int>(x * kSize);
    const int row = i / kSize + kSize / 2 - static_cast<int>(y * kSize);
    face.gray[static_cast<size_t>(i)] =
        static_cast<float>(pixels[static_cast<size_t>(3 * (row * 2 * kSize + column))]) / 255.0f;
  }
  for (int i = 0; i < kLandmarks; ++i) {
    const float angle = 6.28f * static_cast<float>(i) / kLandmarks;
    face.landmarks_crop[2 * i] = x + 0.25f * std::cos(angle);
    face.landmarks_crop[2 * i + 1] = y + 0.25f * std::sin(angle);
  }
  return face;
}

}  // namespace

TEST_CASE("a frame like the last one is of the same scene, another picture is not") {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{480, 640}, {31, 17}, {1, 1}, {2000, 40}}) {
    auto pixels = blobs(height, width, 1);
    const Thumbnail before = thumbnail_of(pixels, height, width);
    for (uint8_t& v : pixels) v = static_cast<uint8_t>(v / 2 + 20);  // a lamp goes out
    CHECK_FALSE(scene_changed(before, thumbnail_of(pixels, height, width)));
    CHECK_FALSE(scene_changed(before, before));
  }
  CHECK(
      scene_changed(thumbnail_of(blobs(480, 640, 1), 480, 640), thumbnail_of(blobs(480, 640, 5), 480, 640)));
}

TEST_CASE("a frame of another size is compared with the last one") {
  const Thumbnail large = thumbnail_of(blobs(480, 640, 1), 480, 640);
  CHECK_FALSE(scene_changed(large, thumbnail_of(blobs(240, 320, 1), 240, 320)));
}

TEST_CASE("a face looks the same where it stays and where it moves, another one does not") {
  const FaceObservation face = face_of(1, 0.0f, 0.0f);
  CHECK(looks_the_same(face, face, kSize));
  CHECK(looks_the_same(face, face_of(1, 0.2f, -0.15f), kSize));
  FaceObservation other = face;  // each half of the crop in the other's place
  std::rotate(other.gray.begin(), other.gray.begin() + kSize * kSize / 2, other.gray.end());
  CHECK_FALSE(looks_the_same(face, other, kSize));
}

}  // namespace facesdk::test
