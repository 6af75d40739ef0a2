// Camera: from the pose in a crop's virtual camera to the pose in the picture's.
#pragma once

#include <cstdint>

#include "common/workspace.h"
#include "pipeline/observation.h"

namespace facesdk {

// (3, 3) intrinsics, px, of a picture whose camera is unknown: square pixels, centred, the field of view of
// the long side; the focal length is at least min_focal_px: a close crop is not a wide-angle photo.
void assume_intrinsics(int64_t height, int64_t width, double field_of_view_deg, double min_focal_px,
                       float* intrinsics);

struct CameraPose {
  float rotation[9];                   // (3, 3) face -> picture camera
  float translation_mm[3];             // picture camera
  float landmarks_px[2 * kLandmarks];  // (68, 2) by that pose
};

// landmarks_face_mm: (68, 3) of the decoded mesh.
void solve_camera_pose(const FaceObservation& face, double focal_ratio, const float* landmarks_face_mm,
                       const float* intrinsics, Workspace& workspace, CameraPose* out);

// Yaw in degrees of a (3, 3) rotation, > 0 where the nose points to the picture's right.
double yaw_deg(const float* rotation);

}  // namespace facesdk
