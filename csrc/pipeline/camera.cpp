#include "pipeline/camera.h"

#include <algorithm>
#include <cmath>

#include "common/math_functions.h"
#include "ops/pose/pose.h"

namespace facesdk {
namespace {

constexpr double kRadians = 0.017453292519943295, kDegrees = 57.295779513082323;
constexpr int kGaussNewtonSteps = 2;

}  // namespace

void assume_intrinsics(int64_t height, int64_t width, double field_of_view_deg, double min_focal_px,
                       float* out) {
  const double half = static_cast<double>(std::max(height, width)) / 2,
               angle = kRadians * field_of_view_deg / 2;
  const auto focal = static_cast<float>(std::max(half / (math::sin(angle) / math::cos(angle)), min_focal_px));
  const float k[9] = {focal, 0,     static_cast<float>(static_cast<double>(width - 1) / 2),
                      0,     focal, static_cast<float>(static_cast<double>(height - 1) / 2),
                      0,     0,     1};
  std::copy_n(k, 9, out);
}

void solve_camera_pose(const FaceObservation& face, double focal_ratio, const float* landmarks_face_mm,
                       const float* intrinsics, Workspace& workspace, CameraPose* out) {
  PoseParams p{};
  p.rotation = face.rotation, p.shift = face.translation_mm;
  p.landmarks = landmarks_face_mm, p.count = kLandmarks;
  p.crop = {
      {face.crop.center[0], face.crop.center[1]}, face.crop.side, kRadians * face.crop.roll_deg, focal_ratio};
  for (int i = 0; i < 9; ++i) p.camera.k[i] = intrinsics[i];
  p.steps = kGaussNewtonSteps;
  p.out_rotation = out->rotation, p.out_shift = out->translation_mm, p.out_px = out->landmarks_px;
  picture_pose_cpu(p, workspace);
}

double yaw_deg(const float* r) {
  if (std::fabs(static_cast<double>(r[7])) > 1.0 - 1e-9)
    return 0.0;  // looking straight up or down: all is roll
  return kDegrees * math::atan2(static_cast<double>(r[6]), -static_cast<double>(r[8]));
}

}  // namespace facesdk
