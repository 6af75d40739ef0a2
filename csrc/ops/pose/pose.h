// From the pose in a crop's virtual camera to the pose in the picture's camera: undo the crop's roll, rotate
// to the ray through the crop's centre, scale the depth by the ratio of the focal lengths; then Gauss-Newton
// steps on the reprojection error of the landmarks.
#pragma once

#include <cstdint>

#include "common/workspace.h"

namespace facesdk {

struct PictureCrop {
  double center[2];    // px of the picture
  double side;         // px of the picture, > 0
  double roll;         // radians; the crop's top leans to the picture's right by this much
  double focal_ratio;  // focal length of the virtual camera over the crop's side
};

struct PictureCamera {
  double k[9];  // (3, 3) row-major intrinsics, px; last row 0 0 1
};

struct PoseParams {
  const float* rotation;   // (3, 3) row-major, face -> virtual camera
  const float* shift;      // (3,) mm, virtual camera
  const float* landmarks;  // (N, 3) mm, face frame
  int64_t count;           // N
  PictureCrop crop;
  PictureCamera camera;
  int steps;            // of Gauss-Newton
  float* out_rotation;  // (3, 3), face -> picture camera
  float* out_shift;     // (3,) mm, picture camera
  float* out_px;        // (N, 2) the landmarks in the picture, by the pose that was found
};

void picture_pose_cpu(const PoseParams& p, Workspace& workspace);

// Rotation (3, 3) whose first columns are two 3-vectors (6,) made orthonormal: the second loses its part
// along the first. Where they are parallel, any perpendicular is taken.
void rotation_from_six_cpu(const float* six, float* out);

}  // namespace facesdk
