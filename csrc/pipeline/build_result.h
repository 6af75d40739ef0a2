// Build the result: decode, camera and quality of every face.
#pragma once

#include <vector>

#include "common/workspace.h"
#include "pipeline/drawn_completion.h"
#include "pipeline/engine.h"
#include "pipeline/frame.h"

namespace facesdk {

// One face to be written: where its shape and albedo come from, the observation itself or a track's averages.
struct FaceSource {
  const FaceObservation* observation;
  const float* identity;       // (n_id,)
  const float* albedo;         // (n_tex,)
  const float* identity_mesh;  // (C, 3) control vertices of the identity; null: to be computed
  const float* expression;     // (n_exp,)
  Occlusion* occlusion;        // what is known of the face's cover, and receives what is measured
  bool measure_occlusion;      // false: what is known of an earlier frame holds
};

struct ResultWorkspace {
  Workspace ops;
  std::vector<float> scratch, identity_mesh;
  std::vector<FaceSource> sources;
  OcclusionWorkspace occlusion;
  CompletionWorkspace completion;
  DrawnCompletionWorkspace drawn;
  std::vector<Occlusion> occlusions;  // of a photo's faces
};

// Of the workspace's sources, in their order.
void build_result(const Engine& engine, const FrameInput& input, ResultWorkspace* workspace,
                  FrameResult* result);

}  // namespace facesdk
