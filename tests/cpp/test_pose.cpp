#include "common/math_functions.h"
#include "ops/pose/pose.h"
#include "ops/pose/pose_math.h"
#include "support.h"

namespace facesdk::test {
namespace {

constexpr int64_t kPoints = 68;

// Largest entry of R R^T - I.
double not_orthonormal(const float* r) {
  double most = 0.0;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      double sum = i == j ? -1.0 : 0.0;
      for (int k = 0; k < 3; ++k) sum += static_cast<double>(r[3 * i + k]) * r[3 * j + k];
      most = std::fmax(most, std::fabs(sum));
    }
  }
  return most;
}

struct Found {
  float rotation[9], shift[3];
  std::vector<float> px = std::vector<float>(2 * kPoints);
};

Found find(const float* rotation, const float* shift, const std::vector<float>& landmarks,
           const PictureCrop& crop, const PictureCamera& camera, int steps) {
  Workspace workspace;
  Found found;
  picture_pose_cpu({rotation, shift, landmarks.data(), kPoints, crop, camera, steps, found.rotation,
                    found.shift, found.px.data()},
                   workspace);
  add_to_digest("picture_pose", found.rotation, sizeof found.rotation);
  add_to_digest("picture_pose", found.shift, sizeof found.shift);
  add_to_digest("picture_pose", found.px);
  return found;
}

}  // namespace

TEST_CASE("picture_pose: landmarks lie where the crop's camera sees them") {
  Random random(25);
  const PictureCamera camera{{700, 3, 330, 0, 690, 235, 0, 0, 1}};
  for (int run = 0; run < 24; ++run) {
    const auto landmarks = random.floats(3 * kPoints, -70, 70), six = random.floats(6, -1, 1);
    float rotation[9];
    rotation_from_six_cpu(six.data(), rotation);
    CHECK(not_orthonormal(rotation) < 1e-6);
    add_to_digest("rotation_from_six", rotation, sizeof rotation);
    const float shift[3] = {random.uniform(-20, 20), random.uniform(-20, 20), random.uniform(900, 1500)};
    const PictureCrop crop{{random.uniform(0, 640), random.uniform(0, 480)},
                           random.uniform(40, 300),
                           random.uniform(-3, 3),
                           4.5};
    const Found found = find(rotation, shift, landmarks, crop, camera, 7);
    CHECK(not_orthonormal(found.rotation) < 1e-5);
    CHECK(found.shift[2] > 0.0f);
    double error = 0.0;
    const double c = std::cos(crop.roll), s = std::sin(crop.roll);
    for (size_t i = 0; i < kPoints; ++i) {
      const float* v = landmarks.data() + 3 * i;
      double seen[3];
      for (size_t axis = 0; axis < 3; ++axis) {
        const float* row = rotation + 3 * axis;
        seen[axis] = static_cast<double>(row[0]) * v[0] + static_cast<double>(row[1]) * v[1] +
                     static_cast<double>(row[2]) * v[2] + shift[axis];
      }
      const double scale = crop.focal_ratio * crop.side / seen[2], x = seen[0] * scale, y = seen[1] * scale;
      error += std::hypot(found.px[2 * i] - (crop.center[0] + c * x - s * y),
                          found.px[2 * i + 1] - (crop.center[1] + s * x + c * y));
    }
    CHECK(error / kPoints < 0.02 * crop.side);  // two cameras see one face a little differently
  }
}

TEST_CASE("picture_pose: landmarks that fix no pose leave one that is finite") {
  const float rotation[9] = {1, 0, 0, 0, -1, 0, 0, 0, -1}, shift[3] = {0, 0, 1200};
  const PictureCamera camera{{700, 0, 320, 0, 700, 240, 0, 0, 1}};
  const std::vector<float> same(3 * kPoints, 0.0f);
  const Found found = find(rotation, shift, same, {{100, 50}, 80, 0.4, 4.5}, camera, 5);
  CHECK(not_orthonormal(found.rotation) < 1e-5);
  for (const float v : found.shift) CHECK(std::isfinite(v));
}

TEST_CASE("rotation_from_six: parallel and hostile vectors") {
  const std::vector<std::vector<float>> parallel = {{0, 0, 2, 0, 0, -3}, {1, 1, 1, 1, 1, 1}};
  for (const auto& six : parallel) {
    float rotation[9];
    rotation_from_six_cpu(six.data(), rotation);
    CHECK(not_orthonormal(rotation) < 1e-6);
  }
  Random random(26);
  auto six = random.floats(60, -1, 1);
  add_hostile_values(six);
  float rotation[9];
  for (size_t i = 0; i < 60; i += 6) rotation_from_six_cpu(six.data() + i, rotation);
  CHECK(not_orthonormal(rotation) >= 0.0);
}

}  // namespace facesdk::test
