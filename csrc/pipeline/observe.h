// Observe: from detections to verified faces, the order of the stages up to refinement.
#pragma once

#include <vector>

#include "pipeline/detect.h"
#include "pipeline/engine.h"
#include "pipeline/frame.h"
#include "pipeline/refine.h"
#include "pipeline/set_upright.h"

namespace facesdk {

// Working memory of one session.
struct ObserveWorkspace {
  explicit ObserveWorkspace(const Engine& engine)
      : regressor(engine.regressor(), engine.options().threads), eyes(*engine.parts().eyes) {
    detections.reserve(kReservedDetections), spare.reserve(kReservedDetections);
    chosen.reserve(kReservedDetections);
    turn.doubtful.reserve(kMostTurned);
  }

  RegressorRuns regressor;
  DetectorWorkspace detector;
  RefineWorkspace refine;
  EyeWorkspace eyes;
  Workspace ops;
  std::vector<Detection> detections, spare;
  std::vector<int32_t> chosen;
  ObservationList mirrored;
  TurnWorkspace turn;
};

// How much is done for each candidate.
struct ObserveMode {
  bool fast;    // fast detection and a single inference pass, as for a tracked frame; errs by 2 per cent more
  bool verify;  // reject false positives; false for detections that the caller vouches for
};

// All faces of a picture, largest and surest first, at most max_faces.
void observe(const Engine& engine, const FrameInput& input, ObserveWorkspace* workspace, StageClock* clock,
             ObservationList* faces);

// All given detections, or those of the bundled detector where input.detections is null, verified or not.
void observe_candidates(const Engine& engine, const FrameInput& input, bool verify,
                        ObserveWorkspace* workspace, StageClock* clock, ObservationList* faces);

// The same as `observe` by fast detection first; by full detection where that finds no face.
void observe_fast(const Engine& engine, const FrameInput& input, ObserveWorkspace* workspace,
                  StageClock* clock, ObservationList* faces);

// One inference pass for faces whose crops are known, as they were a frame before.
void observe_again(const Engine& engine, const ImageView& image, ObserveWorkspace* workspace,
                   StageClock* clock, ObservationList* faces);

}  // namespace facesdk
