// What goes into the chain and what comes out of it: arrays over all faces of a picture.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "common/image_view.h"
#include "pipeline/observation.h"
#include "pipeline/occlusion.h"

namespace facesdk {

struct FrameInput {
  ImageView image;
  const float* intrinsics = nullptr;                   // (3, 3) px; null: a field of view is assumed
  const std::vector<Detection>* detections = nullptr;  // in place of the detector; these are not verified
};

enum class Stage { kDetect, kRegress, kRefine, kDecode, kCamera, kOcclusion, kCompletion, kQuality, kCount };

// Milliseconds by stage; a stage that runs several times adds up.
class StageClock {
 public:
  void start() {
    last_ = Clock::now();
    for (double& time : ms_) time = 0.0;
  }
  // The time since the last call belongs to this stage.
  void lap(Stage stage) {
    const Clock::time_point now = Clock::now();
    ms_[static_cast<int>(stage)] += std::chrono::duration<double, std::milli>(now - last_).count();
    last_ = now;
  }
  double ms(Stage stage) const { return ms_[static_cast<int>(stage)]; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_;
  double ms_[static_cast<int>(Stage::kCount)] = {};
};

// The faces of a picture, N of them; valid until the session's next frame.
struct FrameResult {
  int32_t count = 0;         // N
  float intrinsics[9] = {};  // (3, 3) px
  bool metric = false;  // whether the intrinsics are the caller's: then mm are true up to the face's size
  std::vector<float> boxes_px;           // (N, 4) x0, y0, x1, y1
  std::vector<float> scores;             // (N,) 0..1
  std::vector<double> quality;           // (N,) 0..1
  std::vector<uint32_t> reasons;         // (N,) bits of QualityReason
  std::vector<int64_t> tracks;           // (N,) number of the tracked face, -1 outside a video
  std::vector<float> identity;           // (N, n_id)
  std::vector<float> albedo;             // (N, n_tex)
  std::vector<float> expression;         // (N, n_exp) 0..1
  std::vector<float> sh;                 // (N, 9, 3) RGB
  std::vector<float> rotation;           // (N, 3, 3) face -> camera
  std::vector<float> translation_mm;     // (N, 3) camera frame
  std::vector<float> landmarks_px;       // (N, 68, 2)
  std::vector<float> landmark_error_px;  // (N, 68) expected error; empty where the network has no such output
  std::vector<float> verts_face_mm;      // (N, V, 3)
  // Empty where occlusion is not measured.
  std::vector<double> occluded_share;      // (N,) of the face's outline that something covers, 0..1
  std::vector<float> expression_observed;  // (N, n_exp) share of what each moves that the picture shows, 0..1
  std::vector<const Occlusion*> occlusions;  // (N,) the masks
  StageClock clock;
};

}  // namespace facesdk
