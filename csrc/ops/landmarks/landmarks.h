// Landmarks of a frame: decode and project them through a crop's camera; box and roll of 68 of them.
#pragma once

#include <cstdint>

#include "common/workspace.h"
#include "ops/pose/pose.h"

namespace facesdk {

struct CropLandmarksParams {
  const float* mean;        // (N, 3) mm, face frame
  const float* bases;       // (I + E, N, 3) mm per unit
  const float* identity;    // (I,)
  const float* expression;  // (E,)
  int64_t count, num_identity, num_expression;
  const float* rotation;  // (3, 3) row-major, face -> virtual camera
  const float* shift;     // (3,) mm, virtual camera
  PictureCrop crop;
  float* out_crop;     // (N, 2) crop sides from the crop's centre
  float* out_picture;  // (N, 2) px of the picture
};

void crop_landmarks_cpu(const CropLandmarksParams& p, Workspace& workspace);

// Points on a mesh (N, 3): corners (N, 3) of triangles, which are vertices of it, and their weights (N, 3).
void mesh_points_cpu(const float* verts, const int32_t* corners, const float* weights, int64_t count,
                     float* out);

// Mean distance of two sets of points (N, 2).
double mean_distance_cpu(const float* a, const float* b, int64_t count);

struct Box {
  double left, top, right, bottom;
};

// Box of points (N, 2) in the frame that is rotated by an angle (radians): x' = c x + s y, y' = c y - s x.
Box oriented_bbox_cpu(const float* points, int64_t count, double angle);

struct RollAndBox {
  double roll;  // radians; the line from mouth to eyes leans to the picture's right by this much
  Box box;      // upright, round the landmarks with the brows raised to the forehead
};

// Of 68 landmarks (68, 2); forehead: how far above the brows the face reaches, over the landmarks' height.
RollAndBox landmark_roll_and_bbox_cpu(const float* landmarks, double forehead);

}  // namespace facesdk
