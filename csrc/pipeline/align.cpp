#include "pipeline/align.h"

#include <algorithm>
#include <cmath>

#include "common/math_functions.h"
#include "ops/landmarks/landmarks.h"

namespace facesdk {
namespace {

constexpr double kRadians = 0.017453292519943295, kDegrees = 57.295779513082323;

Crop make_crop(double x, double y, double side, double roll_deg) {
  return {{x, y}, std::max(side, 1.0), roll_deg};  // a degenerate box must not divide by zero
}

// The line of the eyes, the line of the mouth and the line between both each vote with their length, so that
// a profile, whose eyes coincide, is rotated by the line that it does show.
double roll_from_points(const float* p) {
  const auto at = [p](int i) { return static_cast<double>(p[i]); };
  const double across_x = (at(2) - at(0)) + (at(8) - at(6)), across_y = (at(3) - at(1)) + (at(9) - at(7));
  const double down_x = (at(6) + at(8)) / 2 - (at(0) + at(2)) / 2;
  const double down_y = (at(7) + at(9)) / 2 - (at(1) + at(3)) / 2;
  return kDegrees * math::atan2(across_y - down_x, across_x + down_y);
}

}  // namespace

Crop crop_from_detection(const Detection& d) {
  const double roll = d.has_roll ? d.roll_deg : d.has_points ? roll_from_points(d.points) : 0.0;
  const double x0 = d.box[0], y0 = d.box[1], x1 = d.box[2], y1 = d.box[3];
  const double scale = std::sqrt(std::max(x1 - x0, 1.0) * std::max(y1 - y0, 1.0));
  const double down = kDetectionShiftDown * scale, angle = kRadians * roll;
  return make_crop((x0 + x1) / 2 - math::sin(angle) * down, (y0 + y1) / 2 + math::cos(angle) * down,
                   kMargin * kDetectionToLandmarks * scale, roll);
}

Crop crop_from_landmarks(const float* landmarks_px) {
  return crop_from_landmarks(landmarks_px,
                             kDegrees * landmark_roll_and_bbox_cpu(landmarks_px, kForehead).roll);
}

Crop crop_from_landmarks(const float* landmarks_px, double roll_deg) {
  const double angle = kRadians * roll_deg;
  const Box box = oriented_bbox_cpu(landmarks_px, kLandmarks, angle);
  const double across = (box.left + box.right) / 2, down = (box.top + box.bottom) / 2;
  const double c = math::cos(angle), s = math::sin(angle);
  return make_crop(c * across - s * down, s * across + c * down,
                   kMargin * std::max(box.right - box.left, box.bottom - box.top), roll_deg);
}

void crop_matrix(const Crop& crop, int32_t size, bool mirrored, float* matrix) {
  const double x = crop.center[0], y = crop.center[1], angle = kRadians * crop.roll_deg,
               zoom = size / crop.side;
  const double c = math::cos(angle) * zoom, s = math::sin(angle) * zoom, middle = (size - 1) / 2.0;
  const double upright[6] = {c, s, middle - c * x - s * y, -s, c, middle + s * x - c * y};
  for (int i = 0; i < 6; ++i) matrix[i] = static_cast<float>(upright[i]);
  if (!mirrored) return;
  for (int i = 0; i < 3; ++i) matrix[i] = -matrix[i];
  matrix[2] += static_cast<float>(size - 1);
}

}  // namespace facesdk
