// Engine: networks, face model and options, immutable after it is made; shared by the sessions of all
// threads.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/image_view.h"
#include "nn/inference.h"
#include "pipeline/completion.h"
#include "pipeline/detect.h"
#include "pipeline/eye_closure.h"
#include "pipeline/occlusion.h"
#include "pipeline/options.h"
#include "pipeline/regress.h"

namespace facesdk {

// The caller's own detector: fills the faces of a picture; they are not verified.
using DetectFunction = std::function<void(const ImageView&, std::vector<Detection>*)>;

struct EngineParts {
  std::shared_ptr<const Network>
      detector;  // may be null where `detect` is given or every frame has detections
  std::shared_ptr<const Network> regressor;
  std::shared_ptr<const FaceModel> face_model;
  std::shared_ptr<const Network> eyes;
  std::shared_ptr<const Network> mask;  // may be null where `deocclude` is kOff
  // N_cont and N_syn; may be null: then the fitted face is drawn where it is covered.
  std::shared_ptr<const Network> contours, picture;
  DetectFunction detect;  // in place of `detector`; may be empty
};

// Throws Error(kInvalidOptions) where an option is out of range; `Engine` does it too.
void check_options(const EngineOptions& options);

class Engine {
 public:
  // Throws Error(kInvalidOptions) where an option is out of range or network and face model do not fit.
  Engine(EngineParts parts, const EngineOptions& options);

  const EngineOptions& options() const { return options_; }
  const EngineParts& parts() const { return parts_; }
  const Regressor& regressor() const { return regressor_; }
  const FaceModel& face_model() const { return *parts_.face_model; }
  const DetectorSettings& detector_settings() const { return detector_settings_; }
  const OcclusionModel* occlusion() const { return occlusion_.get(); }     // null where it is not measured
  const CompletionModel* completion() const { return completion_.get(); }  // null without its networks
  // Covered share of a face from which on it is completed.
  double completed_from() const { return options_.deocclude == Deocclude::kAlways ? 0.0 : kCompletedFrom; }

 private:
  EngineParts parts_;
  EngineOptions options_;
  Regressor regressor_;
  DetectorSettings detector_settings_;
  std::unique_ptr<const OcclusionModel> occlusion_;
  std::unique_ptr<const CompletionModel> completion_;
};

}  // namespace facesdk
