#include "pipeline/session.h"

#include <algorithm>
#include <limits>

namespace facesdk {
namespace {

constexpr double kLeastQuality = 0.05;  // of a photo in the mean: where all are bad, each still counts

}  // namespace

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

Session::PersonResult Session::reconstruct_person(const std::vector<FrameInput>& photos) {
  PersonResult person;
  person.photos.resize(photos.size());
  person.occlusions.resize(photos.size());
  std::vector<FaceObservation> seen(photos.size());
  for (size_t i = 0; i < photos.size(); ++i) {
    const FrameResult& alone = reconstruct(photos[i]);
    person.photos[i] = alone;
    person.photos[i].count = 0;
    if (alone.count == 0) continue;
    seen[i] = faces_[0];
    person.mean.add(seen[i], person_weight(seen[i]) * std::max(kLeastQuality, alone.quality[0]),
                    std::numeric_limits<double>::max());
  }
  if (person.mean.weight == 0.0) return person;
  const FaceModel& model = engine_->face_model();
  std::vector<float> mesh(static_cast<size_t>(3 * model.controls()));
  std::vector<float> scratch(static_cast<size_t>(model.scratch_size()));
  model.identity_mesh(person.mean.identity.data(), scratch.data(), mesh.data(), engine_->options().threads);
  for (size_t i = 0; i < photos.size(); ++i) {
    if (seen[i].identity.empty()) continue;
    fit_to_person(model, engine_->regressor().focal_ratio(), person.mean, &observe_.refine, &seen[i]);
    build_.sources.assign(1, {&seen[i], seen[i].identity.data(), seen[i].albedo.data(), mesh.data(),
                              seen[i].expression.data(), &person.occlusions[i], true});
    build_result(*engine_, photos[i], &build_, &person.photos[i]);
  }
  return person;
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
