#include "ops/decode_detections/decode_detections.h"
#include "support.h"

namespace facesdk::test {
namespace {

struct Faces {
  std::vector<float> boxes, scores, points, rolls;
};

Faces decode(const std::vector<float>& raw, int64_t height, int64_t width, float min_logit) {
  const DecodeDetectionsParams p{raw.data(), height, width, min_logit};
  const auto count = static_cast<size_t>(count_detections(p));
  Faces out{std::vector<float>(4 * count), std::vector<float>(count), std::vector<float>(10 * count),
            std::vector<float>(count)};
  decode_detections_cpu(p, {out.boxes.data(), out.scores.data(), out.points.data(), out.rolls.data()});
  return out;
}

}  // namespace

TEST_CASE("decode_detections: boxes, scores and rolls") {
  Random random(32);
  const int64_t cells = num_detection_cells(96, 160);
  CHECK(cells == 12 * 20 + 6 * 10 + 3 * 5);
  const auto raw = random.floats(kCellNumbers * cells, -3, 3);
  const Faces faces = decode(raw, 96, 160, 0.5f);
  CHECK(faces.scores.size() > 20);
  for (const float score : faces.scores) CHECK(score > 0.62f);
  for (size_t i = 0; i < faces.scores.size(); ++i) {
    CHECK(faces.boxes[4 * i] < faces.boxes[4 * i + 2]);
    CHECK(std::fabs(faces.rolls[i]) <= 720.0f);
  }
  add_to_digest("decode_detections", faces.boxes);
  add_to_digest("decode_detections", faces.scores);
  add_to_digest("decode_detections", faces.points);
  add_to_digest("decode_detections", faces.rolls);
}

TEST_CASE("decode_detections: an upright and a turned face") {
  for (const double degrees : {-60.0, -20.0, 0.0, 45.0}) {
    std::vector<float> raw(static_cast<size_t>(kCellNumbers * num_detection_cells(32, 32)), -9.0f);
    const double upright[10] = {-30, -25, 30, -25, 0, 5, -20, 35, 20, 35}, angle = degrees / 57.29577951;
    float* cell = raw.data() + raw.size() - kCellNumbers;
    for (int i = 0; i < kCellNumbers; ++i) cell[i] = 0.0f;
    cell[0] = 3.0f;
    for (int i = 0; i < 10; i += 2) {
      const double x = upright[i], y = upright[i + 1];
      cell[5 + i] = static_cast<float>((std::cos(angle) * x - std::sin(angle) * y) / 32);
      cell[6 + i] = static_cast<float>((std::sin(angle) * x + std::cos(angle) * y) / 32);
    }
    const Faces faces = decode(raw, 32, 32, 0.0f);
    REQUIRE(faces.rolls.size() == 1);
    CHECK(faces.rolls[0] == doctest::Approx(degrees).epsilon(1e-3));
    CHECK(faces.boxes[0] == doctest::Approx(15.5f - 64));
    CHECK(faces.scores[0] == doctest::Approx(0.952574f));
  }
}

TEST_CASE("decode_detections: hostile numbers") {
  Random random(33);
  const int64_t cells = num_detection_cells(320, 352);
  auto raw = random.floats(kCellNumbers * cells, -200, 200);
  add_hostile_values(raw);
  const Faces faces = decode(raw, 320, 352, 0.0f);
  for (const float score : faces.scores) CHECK(score >= 0.5f);
}

}  // namespace facesdk::test
