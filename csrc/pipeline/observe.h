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

// Large faces beyond doubt, by fast detection and a single inference pass.
void observe_fast(const Engine& engine, const ImageView& image, ObserveWorkspace* workspace,
                  StageClock* clock, ObservationList* faces);

// Keeps those of the workspace's detections that get an inference pass, the most prominent first; where they
// are to be verified, the least promising of the weak ones go to `spare`.
void choose_candidates(const EngineOptions& options, bool verify, ObserveWorkspace* workspace);

// The first inference pass, of crops round the detections.
void infer_detections(const ImageView& image, ObserveWorkspace* workspace, ObservationList* faces);

// The further passes, each from the last one's landmarks; the last one with the mirrored crop; refinement.
void infer_further(const Engine& engine, const ImageView& image, ObserveWorkspace* workspace,
                   StageClock* clock, ObservationList* faces);

// Makes do with a single pass: its prediction, unrefined.
void finish_single_pass(const Engine& engine, ObserveWorkspace* workspace, ObservationList* faces);

// The engine's detector network. Throws Error(kInvalidArgument) where it has none.
const Network& bundled_detector(const Engine& engine);

// One inference pass for faces whose crops are known, as they were a frame before.
void observe_again(const Engine& engine, const ImageView& image, ObserveWorkspace* workspace,
                   StageClock* clock, ObservationList* faces);

}  // namespace facesdk
