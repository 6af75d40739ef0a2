#include "common/math_functions.h"
#include "ops/landmarks/landmarks.h"
#include "support.h"

namespace facesdk::test {
namespace {

void add_box(const Box& box) {
  add_to_digest("boxes", std::vector<double>{box.left, box.top, box.right, box.bottom});
}

}  // namespace

TEST_CASE("landmarks in the picture are those of the crop, turned, scaled and moved") {
  Workspace workspace;
  Random random(22);
  for (const int64_t count : {1, 68}) {
    for (const double roll : {0.0, 0.7, -2.9}) {
      const auto mean = random.floats(3 * count, -70, 70), bases = random.floats(7 * 3 * count, -3, 3);
      const auto identity = random.floats(5, -1, 1), expression = random.floats(2, 0, 1);
      const float rotation[9] = {1, 0, 0, 0, -1, 0, 0, 0, -1}, shift[3] = {0, 0, 1300};
      const PictureCrop crop{{320, 240}, 100, roll, 4.5};
      std::vector<float> seen(static_cast<size_t>(2 * count)), in_picture(seen.size()), want(seen.size());
      crop_landmarks_cpu({mean.data(), bases.data(), identity.data(), expression.data(), count, 5, 2,
                          rotation, shift, crop, seen.data(), in_picture.data()},
                         workspace);
      add_to_digest("crop_landmarks", seen);
      add_to_digest("crop_landmarks", in_picture);
      for (size_t i = 0; i < seen.size(); i += 2) {
        const double x = 100 * seen[i], y = 100 * seen[i + 1], c = std::cos(roll), s = std::sin(roll);
        want[i] = static_cast<float>(320 + c * x - s * y);
        want[i + 1] = static_cast<float>(240 + s * x + c * y);
      }
      CHECK(largest_difference(in_picture, want) < 1e-3);
    }
  }
}

TEST_CASE("boxes round landmarks") {
  Random random(23);
  const auto points = random.floats(2 * 68, 10, 300);
  const Box box = oriented_bbox_cpu(points.data(), 68, 0.0);
  const Box quarter = oriented_bbox_cpu(points.data(), 68, math::kPi / 2);
  CHECK(quarter.right - quarter.left == doctest::Approx(box.bottom - box.top));
  const RollAndBox frame = landmark_roll_and_bbox_cpu(points.data(), 0.3);
  CHECK(frame.box.left <= box.left);
  CHECK(frame.box.top <= box.top);
  CHECK(frame.box.right >= box.right);
  CHECK(frame.box.bottom >= box.bottom);
  CHECK(std::fabs(frame.roll) <= math::kPi);
  for (int i = 0; i < 200; ++i) {
    const auto face = random.floats(2 * 68, 10, 300);
    const RollAndBox of_face = landmark_roll_and_bbox_cpu(face.data(), 0.3);
    add_to_digest("boxes", &of_face.roll, sizeof of_face.roll);
    add_box(of_face.box);
    add_box(oriented_bbox_cpu(face.data(), 68, of_face.roll));
  }
}

TEST_CASE("points on a mesh and their mean distance") {
  Random random(24);
  const auto verts = random.floats(3 * 50, -1, 1), weights = random.floats(3 * 20, 0, 1);
  const auto corners = random.indices(3 * 20, 50);
  std::vector<float> points(3 * 20);
  mesh_points_cpu(verts.data(), corners.data(), weights.data(), 20, points.data());
  add_to_digest("mesh_points", points);
  const float want = weights[0] * verts[static_cast<size_t>(3 * corners[0])] +
                     weights[1] * verts[static_cast<size_t>(3 * corners[1])] +
                     weights[2] * verts[static_cast<size_t>(3 * corners[2])];
  CHECK(points[0] == doctest::Approx(want));
  const float a[4] = {0, 0, 1, 1}, b[4] = {3, 4, 1, 2};
  CHECK(mean_distance_cpu(a, b, 2) == doctest::Approx(3.0));
  CHECK(mean_distance_cpu(a, a, 2) == 0.0);
}

}  // namespace facesdk::test
