#include "pipeline/tracker.h"

#include <algorithm>
#include <cmath>

#include "ops/landmarks/landmarks.h"
#include "pipeline/align.h"
#include "pipeline/candidate_filter.h"

namespace facesdk {
namespace {

constexpr int64_t kRenewal = 32;           // frames between two renewals of the averages in use
constexpr int64_t kOcclusionInterval = 6;  // frames between two looks at what covers a face
constexpr float kHeldBelow = 0.5f;         // share of what an expression moves that is not covered
constexpr double kMemory =
    128.0;  // frames after which an older one counts less: one person may have been two

// Whether a face is still where the network was run for it, and mostly within the picture.
bool is_there(const FaceObservation& face, const ImageView& image) {
  if (!is_tracked(face)) return false;
  const double last_x = static_cast<double>(image.width) - 0.5,
               last_y = static_cast<double>(image.height) - 0.5;
  int inside = 0;
  for (int i = 0; i < kLandmarks; ++i) {
    const double x = face.landmarks_px[2 * i], y = face.landmarks_px[2 * i + 1];
    inside += x > -0.5 && x < last_x && y > -0.5 && y < last_y;
  }
  return 2 * inside > kLandmarks;
}

}  // namespace

bool occlusion_is_due(const Track& track) {
  return !track.occlusion.measured || (track.frames + track.observation.track) % kOcclusionInterval == 0;
}

const float* hold_covered(Track* track) {
  const std::vector<float>& now = track->observation.expression;
  const std::vector<float>& uncovered = track->occlusion.uncovered;
  if (track->frames == 1 || !track->occlusion.measured) {
    track->confirmed = track->given = track->predicted = now;
    return track->given.data();
  }
  for (size_t e = 0; e < now.size(); ++e) {
    const bool free = uncovered[e] >= kHeldBelow;
    if (free && track->looked) track->confirmed[e] = track->predicted[e];
    track->given[e] = free ? now[e] : track->confirmed[e];
  }
  track->predicted = now;
  return track->given.data();
}

void Tracker::reset() {
  count_ = 0;
  first_frame_ = true;
  search_.reset();
}

void Tracker::update(const Engine& engine, const FrameInput& input, ObserveWorkspace* w, StageClock* clock) {
  const size_t before = count_, most = static_cast<size_t>(engine.options().max_faces);
  make_thumbnail(input.image, &thumbnail_);
  const bool cut = count_ > 0 && scene_changed(last_thumbnail_, thumbnail_);
  last_thumbnail_ = thumbnail_;
  follow(engine, input.image, cut, w, clock);
  if (cut) search_.reset();
  if (count_ < most) {
    const bool given = input.detections != nullptr || engine.parts().detect;
    given ? find_given(engine, input, count_ < before, w, clock)
          : find(engine, input, count_ < before, w, clock);
  }
  first_frame_ = false;
}

void Tracker::follow(const Engine& engine, const ImageView& image, bool cut, ObserveWorkspace* w,
                     StageClock* clock) {
  const int32_t size = engine.regressor().input_size();
  seen_.resize(count_);
  for (size_t i = 0; i < count_; ++i) {
    seen_[i].detection = tracks_[i].observation.detection;
    seen_[i].track = tracks_[i].observation.track;
    seen_[i].crop = crop_from_landmarks(tracks_[i].observation.landmarks_px);
  }
  observe_again(engine, image, w, clock, &seen_);
  size_t kept = 0;
  for (size_t i = 0; i < count_; ++i) {
    bool keep = is_there(seen_[i], image);
    if (cut && keep) keep = looks_the_same(tracks_[i].observation, seen_[i], size);
    for (size_t k = 0; k < kept && keep; ++k) {
      keep = !same_face(seen_[i].landmarks_px, tracks_[k].observation.landmarks_px);
    }
    if (!keep) continue;
    Detection& detection = seen_[i].detection;
    face_box(seen_[i].landmarks_px, detection.box);
    detection.has_points = detection.has_roll = false;
    if (kept != i) std::swap(tracks_[kept], tracks_[i]);
    take(engine, &seen_[i], &tracks_[kept++]);
  }
  count_ = kept;
}

// By the caller's boxes or detector, which cannot be spread over frames.
void Tracker::find_given(const Engine& engine, const FrameInput& input, bool lost, ObserveWorkspace* w,
                         StageClock* clock) {
  ++since_detection_;
  if (count_ > 0 && !lost && since_detection_ < engine.options().detection_interval) return;
  since_detection_ = 0;
  observe(engine, input, w, clock, &seen_);
  add_fresh(engine);
}

void Tracker::find(const Engine& engine, const FrameInput& input, bool lost, ObserveWorkspace* w,
                   StageClock* clock) {
  if (lost) search_.hurry();
  if (count_ == 0) {
    // Fast detection where nothing is tracked; full detection, spread, begins with the next frame.
    observe_fast(engine, input.image, w, clock, &seen_);
    if (first_frame_ && seen_.size() == 0) observe(engine, input, w, clock, &seen_);
    add_fresh(engine);
    if (count_ > 0 || first_frame_) return;
  }
  search_.step(engine, input.image, {tracks_.data(), count_}, w, clock, &seen_);
  add_fresh(engine);
}

// Follow those of `seen_` that are not followed yet.
void Tracker::add_fresh(const Engine& engine) {
  const size_t most = static_cast<size_t>(engine.options().max_faces);
  for (size_t i = 0; i < seen_.size() && count_ < most; ++i) {
    bool fresh = is_tracked(seen_[i]);
    for (size_t k = 0; k < count_ && fresh; ++k) {
      fresh = !same_face(seen_[i].landmarks_px, tracks_[k].observation.landmarks_px);
    }
    if (fresh) add(engine, &seen_[i]);
  }
}

void Tracker::add(const Engine& engine, FaceObservation* face) {
  if (tracks_.size() == count_) tracks_.emplace_back();
  Track& track = tracks_[count_++];
  engine.regressor().reserve(&track.observation);  // goes into the list of candidates in exchange for `face`
  track.frames = 0;
  track.occlusion.measured = track.looked = false;
  track.mean.weight = 0.0;
  face->track = next_number_++;
  take(engine, face, &track);
}

// Go on with what was observed in a frame.
void Tracker::take(const Engine& engine, FaceObservation* face, Track* track) {
  ++track->frames;
  track->mean.add(*face, person_weight(*face), kMemory);
  if ((track->frames & (track->frames - 1)) == 0 || track->frames % kRenewal == 0) {
    const FaceModel& model = engine.face_model();
    track->identity = track->mean.identity;
    track->albedo = track->mean.albedo;
    track->identity_mesh.resize(static_cast<size_t>(3 * model.controls()));
    track->scratch.resize(static_cast<size_t>(model.scratch_size()));
    model.identity_mesh(track->identity.data(), track->scratch.data(), track->identity_mesh.data(),
                        engine.options().threads);
  }
  std::swap(track->observation, *face);
}

}  // namespace facesdk
