// Refine: one damped Gauss-Newton step that moves pose, identity and expression towards the mean of the
// landmarks that the network predicts in several ways.
#pragma once

#include <vector>

#include "common/workspace.h"
#include "pipeline/observation.h"

namespace facesdk {

struct RefineWorkspace {
  Workspace ops;
  std::vector<float> face, scaled, residual, step, prior;
  float identity_prior = -1.0f;  // of `prior`
};

// The network predicts landmarks as coefficients, whose mesh projects to 68 points, and as maps, whose
// soft-argmax is points too; with horizontal-flip averaging, both again of the mirrored crop. Their errors
// are mostly independent, so their mean (68, 2), in crop sides from the crop's centre, is better than any.
// `mirrored` may be null. Fills landmark_disagreement: twice the mean distance of the predictions from their
// mean; of two, their mean distance. False where there is one prediction only.
bool agree_on_landmarks(FaceObservation* face, const FaceObservation* mirrored, float* mean);

// Moves the coefficients so that their landmarks come near `target` (68, 2). The step s is the most probable
// one: it minimises |J s - r|^2 / sigma^2 + |s / prior|^2, r being the landmarks' distance to the target and
// J how they move.
void refine(const FaceModel& model, double focal_ratio, const float* target, RefineWorkspace* workspace,
            FaceObservation* face);

// The same with the identity held.
void refine_pose(const FaceModel& model, double focal_ratio, const float* target, RefineWorkspace* workspace,
                 FaceObservation* face);

// Gives the workspace all of its memory, by one step of the mean face.
void reserve(const FaceModel& model, RefineWorkspace* workspace);

// The disagreement of a single pass: the mean distance of the mesh's landmarks and the maps'.
void measure_disagreement(FaceObservation* face);

}  // namespace facesdk
