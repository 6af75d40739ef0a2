#include "pipeline/face_search.h"

#include <algorithm>
#include <utility>

#include "pipeline/align.h"
#include "pipeline/candidate_filter.h"
#include "pipeline/landmarks.h"

namespace facesdk {
namespace {

constexpr int64_t kMemory = 30;         // frames for which a rejected candidate is not verified again
constexpr float kSamePlace = 0.5f;      // intersection over union with it
constexpr float kBetterScore = 0.1f;    // by which a better one is verified nevertheless
constexpr float kFollowedShare = 0.5f;  // share of the smaller of two boxes within the other: one face
constexpr float kCertain = 0.8f;        // score from which one inference pass is enough, as in fast detection
constexpr size_t kMostRejected = 64;

float area(const float* box) { return (box[2] - box[0]) * (box[3] - box[1]); }

float intersection(const float* a, const float* b) {
  const float width = std::min(a[2], b[2]) - std::max(a[0], b[0]);
  const float height = std::min(a[3], b[3]) - std::max(a[1], b[1]);
  return width > 0.0f && height > 0.0f ? width * height : 0.0f;
}

bool on_one_face(const float* a, const float* b) {
  return intersection(a, b) >= kFollowedShare * std::max(std::min(area(a), area(b)), 1e-6f);
}

bool is_followed(const Detection& detection, const Followed& followed) {
  for (size_t i = 0; i < followed.count; ++i) {
    if (on_one_face(detection.box, followed.tracks[i].observation.detection.box)) return true;
  }
  return false;
}

struct Center {
  float x, y;  // px
};

Center center_of(const float* landmarks_px) {
  float box[4];
  face_box(landmarks_px, box);
  return {(box[0] + box[2]) / 2, (box[1] + box[3]) / 2};
}

// Moves the first element behind the others and drops it.
void pop_front(ObservationList* list) {
  for (size_t i = 1; i < list->size(); ++i) std::swap((*list)[i - 1], (*list)[i]);
  list->resize(list->size() - 1);
}

}  // namespace

void FaceSearch::reset() {
  end_search();
  rejected_.clear();
  hurry();
}

void FaceSearch::end_search() {
  detection_.cancel();
  queue_.clear();
  next_ = 0;
  pending_.resize(0);
  last_resort_.resize(0);
  turned_ = false;
}

void FaceSearch::make_room(const Engine& engine, ObserveWorkspace* w) {
  if (queue_.capacity() >= kReservedDetections) return;
  queue_.reserve(kReservedDetections);
  rejected_.reserve(kMostRejected);
  for (ObservationList* list : {&pending_, &single_, &last_resort_, &w->mirrored}) {
    engine.regressor().reserve(kAtOnce, list);
    list->resize(0);
  }
  reserve(engine.face_model(), &w->refine);
}

void FaceSearch::step(const Engine& engine, const ImageView& image, const Followed& followed,
                      ObserveWorkspace* w, StageClock* clock, ObservationList* found) {
  const EngineOptions& o = engine.options();
  make_room(engine, w);
  engine.regressor().reserve(kAtOnce, found);
  found->resize(0);
  if (image.height != height_ || image.width != width_) reset();
  height_ = image.height, width_ = image.width;
  ++frame_, ++since_start_;
  const bool due = followed.count == 0 || since_start_ >= o.detection_interval;
  if (followed.count > 0) {
    last_resort_.resize(0);
    if (due) drop_weak(o.min_detector_score);
  }
  if (!detection_.active()) {
    if (pending_.size() > 0) {
      return verify_further(engine, image, followed.count > 0, w, clock, found);
    }
    if (next_ < queue_.size()) return verify_first(engine, image, w, clock, found);
    if (followed.count == 0 && last_resort_.size() > 0) {
      // A picture is more often of a hard face than of none.
      accept(&last_resort_[0], found);
      return end_search();
    }
    if (!due) return;
    end_search();
    since_start_ = 0;
    detection_.start(bundled_detector(engine), engine.detector_settings(), image, &w->detector);
  }
  if (detection_.advance(bundled_detector(engine), engine.detector_settings(), &w->detector,
                         &w->detections)) {
    enqueue(engine, followed, w);
  }
  clock->lap(Stage::kDetect);
}

void FaceSearch::drop_weak(float min_score) {
  while (queue_.size() > next_ && queue_.back().score < min_score) queue_.pop_back();
}

void FaceSearch::enqueue(const Engine& engine, const Followed& followed, ObserveWorkspace* w) {
  const auto forgotten = [&](const Rejected& one) { return frame_ - one.frame > kMemory; };
  rejected_.erase(std::remove_if(rejected_.begin(), rejected_.end(), forgotten), rejected_.end());
  // As in a photo: chosen among all, the followed and the rejected ones included.
  choose_candidates(engine.options(), true, w);
  queue_.clear();
  next_ = 0;
  for (const bool strong : {true, false}) {
    for (const Detection& face : w->detections) {
      if ((face.score >= engine.options().min_detector_score) != strong) continue;
      if (!is_followed(face, followed) && !rejected_lately(face)) queue_.push_back(face);
    }
  }
}

bool FaceSearch::rejected_lately(const Detection& detection) const {
  for (const Rejected& one : rejected_) {
    const float shared = intersection(one.detection.box, detection.box);
    const float joint = area(one.detection.box) + area(detection.box) - shared;
    if (shared >= kSamePlace * joint && detection.score < one.detection.score + kBetterScore) return true;
  }
  return false;
}

void FaceSearch::reject(const Detection& detection) {
  if (rejected_.size() == kMostRejected) rejected_.erase(rejected_.begin());
  rejected_.push_back({detection, frame_});
}

void FaceSearch::accept(FaceObservation* face, ObservationList* found) {
  found->resize(found->size() + 1);
  std::swap((*found)[found->size() - 1], *face);
}

void FaceSearch::verify_first(const Engine& engine, const ImageView& image, ObserveWorkspace* w,
                              StageClock* clock, ObservationList* found) {
  const size_t count = std::min(kAtOnce, queue_.size() - next_);
  pending_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    pending_[i].detection = queue_[next_++];
    pending_[i].track = -1;
  }
  infer_detections(image, w, &pending_);
  clock->lap(Stage::kRegress);
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    FaceObservation& face = pending_[i];
    if (is_hopeless(face)) {
      reject(face.detection);
    } else if (face.detection.score >= kCertain && may_be_upright(face)) {
      const Detection detection = face.detection;
      single_.resize(1);
      std::swap(single_[0], face);
      finish_single_pass(engine, w, &single_);
      filter_candidates(engine.options().min_detector_score, &single_, &w->chosen);
      const bool good = single_.size() == 1 && is_tracked(single_[0]) &&
                        single_[0].detection.score >= engine.options().min_detector_score;
      good ? accept(&single_[0], found) : reject(detection);
    } else {
      std::swap(pending_[kept++], face);
    }
  }
  pending_.resize(kept);
  turned_ = false;
  clock->lap(Stage::kRefine);
}

void FaceSearch::verify_further(const Engine& engine, const ImageView& image, bool any_followed,
                                ObserveWorkspace* w, StageClock* clock, ObservationList* found) {
  const float min_score = engine.options().min_detector_score;
  const Detection detection = pending_[0].detection;
  single_.resize(1);
  std::swap(single_[0], pending_[0]);
  if (!turned_ && !may_be_upright(single_[0]) && (!any_followed || detection.score >= min_score)) {
    set_upright(image, min_score, &w->regressor, &w->turn, &single_);
    turned_ = true;
    std::swap(single_[0], pending_[0]);
    return clock->lap(Stage::kRegress);
  }
  pop_front(&pending_);
  turned_ = false;
  predict_landmarks(engine.face_model(), engine.regressor().focal_ratio(), &single_, w->ops);
  const Center before = center_of(single_[0].landmarks_px);
  infer_further(engine, image, w, clock, &single_);
  // The detection is some frames old, and the filter compares its box with that of the landmarks: it moves
  // with them.
  const Center after = center_of(single_[0].landmarks_px);
  for (int k = 0; k < 4; ++k) {
    single_[0].detection.box[k] += k % 2 == 0 ? after.x - before.x : after.y - before.y;
  }
  filter_candidates(min_score, &single_, &w->chosen);
  // A video has many more weak candidates than a photo: the network must be sure of them.
  const bool sure = single_.size() == 1 && (detection.score >= min_score || may_be_upright(single_[0]));
  if (sure && single_[0].detection.score >= min_score && is_tracked(single_[0])) {
    return accept(&single_[0], found);
  }
  reject(detection);
  if (any_followed || single_.size() == 0) return;
  const bool better =
      last_resort_.size() == 0 || single_[0].detection.score > last_resort_[0].detection.score;
  if (!better) return;
  last_resort_.resize(1);
  std::swap(last_resort_[0], single_[0]);
}

}  // namespace facesdk
