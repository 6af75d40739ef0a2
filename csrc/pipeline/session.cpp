#include "pipeline/session.h"

namespace facesdk {

const FrameResult& Session::reconstruct(const FrameInput& input) {
  result_.clock.start();
  facesdk::observe(*engine_, input, &observe_, &result_.clock, &faces_);
  build_.sources.clear();
  if (build_.occlusions.size() < faces_.size()) build_.occlusions.resize(faces_.size());
  for (size_t i = 0; i < faces_.size(); ++i) {
    const FaceObservation& face = faces_[i];
    build_.sources.push_back({&face, face.identity.data(), face.albedo.data(), nullptr,
                              face.expression.data(), &build_.occlusions[i], true});
  }
  build_result(*engine_, input, &build_, &result_);
  return result_;
}

const ObservationList& Session::observe(const FrameInput& input, bool verify) {
  result_.clock.start();
  observe_candidates(*engine_, input, verify, &observe_, &result_.clock, &faces_);
  return faces_;
}

const FrameResult& Session::track(const FrameInput& input) {
  result_.clock.start();
  tracker_.update(*engine_, input, &observe_, &result_.clock);
  build_.sources.clear();
  for (size_t i = 0; i < tracker_.size(); ++i) {
    Track& track = tracker_[i];
    const float* expression = hold_covered(&track);
    track.looked = occlusion_is_due(track);
    build_.sources.push_back({&track.observation, track.identity.data(), track.albedo.data(),
                              track.identity_mesh.data(), expression, &track.occlusion, track.looked});
  }
  build_result(*engine_, input, &build_, &result_);
  return result_;
}

}  // namespace facesdk
