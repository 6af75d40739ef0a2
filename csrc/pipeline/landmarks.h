// Landmarks of each face's coefficients, without decoding a mesh.
#pragma once

#include "common/workspace.h"
#include "pipeline/observation.h"

namespace facesdk {

// Index of each of the 68 points after the picture is mirrored.
extern const int kMirror68[kLandmarks];

// Fills landmarks_crop and landmarks_px of every face.
void predict_landmarks(const FaceModel& model, double focal_ratio, ObservationList* faces,
                       Workspace& workspace);
void predict_landmarks(const FaceModel& model, double focal_ratio, FaceObservation* face,
                       Workspace& workspace);

}  // namespace facesdk
