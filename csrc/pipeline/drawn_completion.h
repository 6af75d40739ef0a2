// Completion by the fitted face: where something covers it, its mesh is drawn with the albedo and the light
// that the regressor predicts, and brought to the photo's colours round the cover.
#pragma once

#include <cstdint>
#include <vector>

#include "assets/face_model.h"
#include "common/image_view.h"
#include "common/workspace.h"
#include "pipeline/camera.h"
#include "pipeline/occlusion.h"

namespace facesdk {

// One face as it is fitted to the picture.
struct FittedFace {
  const FaceModel* model;  // one with albedo
  const float* verts;      // (V, 3) mm, face frame
  const float* albedo;     // (n_tex,)
  const float* sh;         // (9, 3) RGB
  const CameraPose* pose;
  const float* intrinsics;  // (3, 3) px
  int32_t threads;
};

// Working memory of one session.
struct DrawnCompletionWorkspace {
  Workspace ops;
  std::vector<uint8_t> crop;                           // (S, S, 4)
  std::vector<uint8_t> mask, wide;                     // (S, S)
  std::vector<float> scratch, albedo, points, colors;  // of the mesh
  std::vector<float> color, depth;                     // (S, S, 3), (S, S) of the drawn face
  std::vector<double> sums, lines;                     // (4, S, S) differences and their number, smoothed
};

// Draws what is covered of a face with a measured occlusion, in the crop of its mask.
void draw_fitted_face(const FittedFace& face, const ImageView& image, const Occlusion& occlusion,
                      int32_t side, DrawnCompletionWorkspace* workspace, Completion* out);

// The drawn face where it is covered, its colours moved by the smoothed difference of photo and drawing on
// the pixels that are not: the rest of `draw_fitted_face`.
// crop: (S, S, 4) RGB of the photo. w->mask: (S, S) 1 where covered. w->color, w->depth: the drawn face.
void blend_drawn_face(const uint8_t* crop, const Occlusion& occlusion, int32_t side,
                      DrawnCompletionWorkspace* w, Completion* out);

}  // namespace facesdk
