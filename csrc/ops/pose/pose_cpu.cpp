#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/pose/pose.h"
#include "ops/pose/pose_math.h"

namespace facesdk {
namespace {

struct Pose {
  Mat3 rotation;
  Vec3 shift;
};

struct Pixel {
  double x, y;
};

Vec3 landmark(const PoseParams& p, int64_t i) {
  return {p.landmarks[3 * i], p.landmarks[3 * i + 1], p.landmarks[3 * i + 2]};
}

Vec3 moved(Vec3 rotated, Vec3 shift) {
  return {rotated.x + shift.x, rotated.y + shift.y, rotated.z + shift.z};
}

Pixel project(const PictureCamera& camera, Vec3 v) {
  const double* k = camera.k;
  return {(k[0] * v.x + k[1] * v.y) / v.z + k[2], k[4] * v.y / v.z + k[5]};
}

// Where the crop's own camera sees a landmark, in the picture. The crop's size in pixels cancels.
Pixel seen_in_crop(const PictureCrop& crop, math::SinCos roll, Vec3 v) {
  const double scale = crop.focal_ratio * crop.side / v.z;
  const double x = v.x * scale, y = v.y * scale;
  return {crop.center[0] + roll.cos * x - roll.sin * y, crop.center[1] + roll.sin * x + roll.cos * y};
}

// The pose in the crop's camera, rotated to where the crop is in the picture.
Pose in_picture_camera(const PoseParams& p, const Pose& in_crop) {
  const double* k = p.camera.k;
  const double y = (p.crop.center[1] - k[5]) / k[4];
  const double x = (p.crop.center[0] - k[2] - k[1] * y) / k[0];
  const double off = std::sqrt(x * x + y * y), length = std::sqrt(off * off + 1.0);
  // The smallest rotation that takes the z axis to the ray (x, y, 1).
  const Mat3 to_ray = off / length < 1e-12 ? Mat3{{1, 0, 0, 0, 1, 0, 0, 0, 1}}
                                           : rotation_about({-y / off, x / off, 0.0}, math::atan2(off, 1.0));
  const Mat3 turn = to_ray * rotation_about({0, 0, 1}, p.crop.roll);
  // Lateral mm stay; px per mm at the crop's centre stay when the depth grows with the focal length. Off the
  // picture's axis a pixel spans a smaller angle, hence the length of the ray.
  const double focal = std::sqrt(k[0] * k[4]);
  const double grow = focal / (p.crop.focal_ratio * p.crop.side) * length;
  return {turn * in_crop.rotation, turn * Vec3{in_crop.shift.x, in_crop.shift.y, in_crop.shift.z * grow}};
}

// One step on the six numbers of a pose towards the target px of the landmarks.
void gauss_newton(const PoseParams& p, const Pixel* target, Pose& pose) {
  const double* k = p.camera.k;
  NormalEquations equations;
  for (int64_t i = 0; i < p.count; ++i) {
    const Vec3 rotated = pose.rotation * landmark(p, i), v = moved(rotated, pose.shift);
    const Pixel at = project(p.camera, v), aim = target[i];
    equations.add({k[0] / v.z, k[1] / v.z, (k[2] - at.x) / v.z}, rotated, aim.x - at.x);
    equations.add({0.0, k[4] / v.z, (k[5] - at.y) / v.z}, rotated, aim.y - at.y);
  }
  double step[6];
  if (!equations.solve(step)) return;
  const Vec3 shift = moved(pose.shift, {step[3], step[4], step[5]});
  if (!(shift.z > 1.0)) return;  // a step behind the camera is worse than none
  pose = {rotation_by({step[0], step[1], step[2]}) * pose.rotation, shift};
}

struct Buffers {
  std::vector<Pixel> target;  // (N,)
};

}  // namespace

void picture_pose_cpu(const PoseParams& p, Workspace& workspace) {
  Pose pose;
  for (int i = 0; i < 9; ++i) pose.rotation.m[i] = p.rotation[i];
  pose.shift = {p.shift[0], p.shift[1], p.shift[2]};
  Pixel* const target = at_least(workspace.of<Buffers>().target, p.count);
  const math::SinCos roll = math::sin_cos(p.crop.roll);
  for (int64_t i = 0; i < p.count; ++i) {
    target[i] = seen_in_crop(p.crop, roll, moved(pose.rotation * landmark(p, i), pose.shift));
  }
  pose = in_picture_camera(p, pose);
  for (int step = 0; step < p.steps; ++step) gauss_newton(p, target, pose);
  for (int i = 0; i < 9; ++i) p.out_rotation[i] = static_cast<float>(pose.rotation.m[i]);
  p.out_shift[0] = static_cast<float>(pose.shift.x);
  p.out_shift[1] = static_cast<float>(pose.shift.y);
  p.out_shift[2] = static_cast<float>(pose.shift.z);
  for (int64_t i = 0; i < p.count; ++i) {
    const Pixel at = project(p.camera, moved(pose.rotation * landmark(p, i), pose.shift));
    p.out_px[2 * i] = static_cast<float>(at.x);
    p.out_px[2 * i + 1] = static_cast<float>(at.y);
  }
}

void rotation_from_six_cpu(const float* six, float* out) {
  const Vec3 first{six[0], six[1], six[2]}, second{six[3], six[4], six[5]};
  const Vec3 a = scaled(first, 1.0 / std::max(length(first), 1e-9));
  const double along = a.x * second.x + a.y * second.y + a.z * second.z;
  Vec3 b{second.x - along * a.x, second.y - along * a.y, second.z - along * a.z};
  if (!(length(b) > 1e-9)) {
    // The axis that is the farthest from a, without its part along a.
    const double x = std::fabs(a.x), y = std::fabs(a.y), z = std::fabs(a.z);
    const Vec3 axis = x <= y && x <= z ? Vec3{1, 0, 0} : y <= z ? Vec3{0, 1, 0} : Vec3{0, 0, 1};
    b = cross(a, axis);
  }
  b = scaled(b, 1.0 / std::max(length(b), 1e-9));
  const Vec3 c = cross(a, b);
  const double columns[3][3] = {{a.x, a.y, a.z}, {b.x, b.y, b.z}, {c.x, c.y, c.z}};
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      out[3 * row + column] = static_cast<float>(columns[column][row]);
    }
  }
}

}  // namespace facesdk
