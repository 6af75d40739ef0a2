#include "pipeline/observe.h"

#include <algorithm>
#include <cmath>

#include "common/error.h"
#include "pipeline/align.h"
#include "pipeline/candidate_filter.h"
#include "pipeline/given_detections.h"
#include "pipeline/landmarks.h"

namespace facesdk {
namespace {

// Room for as many candidates as a picture mostly has at most: 40 kB each.
size_t reserved_candidates(const Engine& engine) {
  return static_cast<size_t>(std::min(64, engine.options().max_faces * kCandidatesPerFace));
}

void close_eyes_of_all(const Engine& engine, ObserveWorkspace* w, ObservationList* faces) {
  const double focal_ratio = engine.regressor().focal_ratio();
  for (size_t i = 0; i < faces->size(); ++i) {
    FaceObservation& face = (*faces)[i];
    predict_landmarks(engine.face_model(), focal_ratio, &face, w->ops);
    close_eyes(*engine.parts().eyes, engine.face_model(), engine.regressor().input_size(), &w->eyes, &face);
    predict_landmarks(engine.face_model(), focal_ratio, &face, w->ops);
  }
}

// Horizontal-flip averaging: the same crops mirrored.
void predict_mirrored(const Engine& engine, const ImageView& image, ObserveWorkspace* w,
                      const ObservationList& faces) {
  w->mirrored.resize(faces.size());
  for (size_t i = 0; i < faces.size(); ++i) w->mirrored[i].crop = faces[i].crop;
  w->regressor.predict(image, true, &w->mirrored);
  predict_landmarks(engine.face_model(), engine.regressor().focal_ratio(), &w->mirrored, w->ops);
}

// All predictions of each face become one, and its coefficients follow.
void refine_all(const Engine& engine, bool flip_averaging, ObserveWorkspace* w, ObservationList* faces) {
  const double focal_ratio = engine.regressor().focal_ratio();
  for (size_t i = 0; i < faces->size(); ++i) {
    FaceObservation& face = (*faces)[i];
    const FaceObservation* mirrored = flip_averaging ? &w->mirrored[i] : nullptr;
    float target[2 * kLandmarks];
    predict_landmarks(engine.face_model(), focal_ratio, &face, w->ops);
    if (agree_on_landmarks(&face, mirrored, target))
      refine(engine.face_model(), focal_ratio, target, &w->refine, &face);
    if (mirrored == nullptr) continue;
    if (mirrored->has_face_logit) face.face_logit = (face.face_logit + mirrored->face_logit) / 2;
    face.landmark_error = (face.landmark_error + mirrored->landmark_error) / 2;
  }
  close_eyes_of_all(engine, w, faces);
}

// Inference passes, each from the last one's landmarks; the last one with the mirrored crop; refinement.
void infer(const Engine& engine, const ImageView& image, const ObserveMode& mode, ObserveWorkspace* w,
           StageClock* clock, ObservationList* faces) {
  if (faces->size() == 0) return;
  infer_detections(image, w, faces);
  set_upright(image, engine.options().min_detector_score, &w->regressor, &w->turn, faces);
  clock->lap(Stage::kRegress);
  if (mode.verify && faces->size() > 1) drop_hopeless(faces, &w->chosen);
  if (mode.fast) {
    finish_single_pass(engine, w, faces);
    return clock->lap(Stage::kRefine);
  }
  infer_further(engine, image, w, clock, faces);
}

float size_of(const Detection& face) {
  return std::sqrt((face.box[2] - face.box[0]) * (face.box[3] - face.box[1]));
}

// Drops what is too weak, too small or too much; the rest largest and surest first.
void select(float min_score, float min_face_px, int32_t most, std::vector<Detection>* detections) {
  size_t count = 0;
  for (size_t i = 0; i < detections->size(); ++i) {
    const Detection face = (*detections)[i];  // a copy: the list is sorted in place
    if (!(face.score >= min_score && size_of(face) >= min_face_px)) continue;
    size_t at = count++;
    const float prominence = face.score * size_of(face);
    for (; at > 0 && (*detections)[at - 1].score * size_of((*detections)[at - 1]) < prominence; --at) {
      (*detections)[at] = (*detections)[at - 1];
    }
    (*detections)[at] = face;
  }
  detections->resize(std::min(count, static_cast<size_t>(most)));
}

// Moves the least promising of the candidates below `min_score` to `spare`: small and weak ones are mostly
// false positives.
void limit_weak(float min_score, std::vector<int32_t>* order, std::vector<Detection>* detections,
                std::vector<Detection>* spare) {
  spare->clear();
  constexpr float kLargePx = 96.0f;  // from here on size says nothing more
  const auto promise = [&](int32_t i) {
    const Detection& face = (*detections)[static_cast<size_t>(i)];
    return face.score * std::sqrt(std::min(size_of(face), kLargePx));
  };
  order->clear();
  for (size_t i = 0; i < detections->size(); ++i) {
    if ((*detections)[i].score < min_score) order->push_back(static_cast<int32_t>(i));
  }
  const size_t strong = detections->size() - order->size();
  const size_t most = std::max<size_t>(kLeastWeak, kWeakPerStrong * strong);
  if (order->size() <= most) return;
  std::sort(order->begin(), order->end(),
            [&](int32_t a, int32_t b) { return promise(a) != promise(b) ? promise(a) > promise(b) : a < b; });
  for (size_t i = most; i < order->size(); ++i) {
    Detection& weak = (*detections)[static_cast<size_t>((*order)[i])];
    spare->push_back(weak);
    weak.score = -1.0f;
  }
  size_t count = 0;
  for (size_t i = 0; i < detections->size(); ++i) {
    if ((*detections)[i].score >= 0.0f) (*detections)[count++] = (*detections)[i];
  }
  detections->resize(count);
}

void take(const Engine& engine, const Detection* detections, size_t count, ObserveWorkspace* w,
          ObservationList* faces) {
  engine.regressor().reserve(reserved_candidates(engine), faces);
  engine.regressor().reserve(reserved_candidates(engine), &w->mirrored);
  engine.regressor().reserve(kMostTurned * kQuarterTurns, &w->turn.turned);
  faces->resize(count);
  for (size_t i = 0; i < count; ++i) {
    (*faces)[i].detection = detections[i];
    (*faces)[i].track = -1;
  }
}

// Faces among the workspace's detections.
void observe_detections(const Engine& engine, const ImageView& image, const ObserveMode& mode,
                        ObserveWorkspace* w, StageClock* clock, ObservationList* faces) {
  const EngineOptions& o = engine.options();
  choose_candidates(o, mode.verify, w);
  clock->lap(Stage::kDetect);
  if (mode.verify && o.max_faces == 1 && w->detections.size() > 1) {
    // The most prominent candidate is mostly the face: the others get an inference pass only where it is not.
    take(engine, w->detections.data(), 1, w, faces);
    infer(engine, image, mode, w, clock, faces);
    filter_candidates(o.min_detector_score, faces, &w->chosen);
    if (faces->size() > 0 && (*faces)[0].detection.score >= o.min_detector_score) return;
  }
  take(engine, w->detections.data(), w->detections.size(), w, faces);
  infer(engine, image, mode, w, clock, faces);
  if (mode.verify) filter_candidates(o.min_detector_score, faces, &w->chosen);
  if (faces->size() == 0 && !w->spare.empty()) {
    // A picture is more often of a hard face than of none.
    take(engine, w->spare.data(), w->spare.size(), w, faces);
    infer(engine, image, mode, w, clock, faces);
    filter_candidates(o.min_detector_score, faces, &w->chosen);
  }
  if (faces->size() > static_cast<size_t>(o.max_faces)) faces->resize(static_cast<size_t>(o.max_faces));
}

}  // namespace

const Network& bundled_detector(const Engine& engine) {
  if (engine.parts().detector != nullptr) return *engine.parts().detector;
  throw Error(ErrorCode::kInvalidArgument,
              "detections: got none, expected boxes, for this engine has no detector");
}

void choose_candidates(const EngineOptions& o, bool verify, ObserveWorkspace* w) {
  const float share = verify ? kCandidateScore : 1.0f;
  const int32_t most = o.max_faces * (verify ? kCandidatesPerFace : 1);
  select(o.min_detector_score * share, o.min_face_px, most, &w->detections);
  w->spare.clear();
  if (verify) limit_weak(o.min_detector_score, &w->chosen, &w->detections, &w->spare);
}

void finish_single_pass(const Engine& engine, ObserveWorkspace* w, ObservationList* faces) {
  close_eyes_of_all(engine, w, faces);
  for (size_t i = 0; i < faces->size(); ++i) measure_disagreement(&(*faces)[i]);
}

void infer_detections(const ImageView& image, ObserveWorkspace* w, ObservationList* faces) {
  for (size_t i = 0; i < faces->size(); ++i) (*faces)[i].crop = crop_from_detection((*faces)[i].detection);
  w->regressor.predict(image, false, faces);
}

void infer_further(const Engine& engine, const ImageView& image, ObserveWorkspace* w, StageClock* clock,
                   ObservationList* faces) {
  bool flip_averaging = false;
  for (int32_t pass = 1; pass < engine.options().passes; ++pass) {
    predict_landmarks(engine.face_model(), engine.regressor().focal_ratio(), faces, w->ops);
    for (size_t i = 0; i < faces->size(); ++i)
      (*faces)[i].crop = crop_from_landmarks((*faces)[i].landmarks_px);
    w->regressor.predict(image, false, faces);
    if (pass + 1 == engine.options().passes && (*faces)[0].has_points) {
      predict_mirrored(engine, image, w, *faces);
      flip_averaging = true;
    }
    clock->lap(Stage::kRegress);
  }
  refine_all(engine, flip_averaging, w, faces);
  clock->lap(Stage::kRefine);
}

void observe(const Engine& engine, const FrameInput& input, ObserveWorkspace* w, StageClock* clock,
             ObservationList* faces) {
  if (input.detections != nullptr || !engine.parts().detect) {
    return observe_candidates(engine, input, input.detections == nullptr, w, clock, faces);
  }
  w->detections.clear();
  engine.parts().detect(input.image, &w->detections);
  accept_detections(input.image, "detector", &w->chosen, &w->detections);
  observe_detections(engine, input.image, {false, false}, w, clock, faces);
}

void observe_candidates(const Engine& engine, const FrameInput& input, bool verify, ObserveWorkspace* w,
                        StageClock* clock, ObservationList* faces) {
  if (input.detections != nullptr) {
    w->detections.assign(input.detections->begin(), input.detections->end());
    accept_detections(input.image, "boxes", &w->chosen, &w->detections);
  } else {
    detect(bundled_detector(engine), engine.detector_settings(), input.image, &w->detector, &w->detections);
  }
  observe_detections(engine, input.image, {false, verify}, w, clock, faces);
}

void observe_fast(const Engine& engine, const ImageView& image, ObserveWorkspace* w, StageClock* clock,
                  ObservationList* faces) {
  detect_fast(bundled_detector(engine), engine.detector_settings(), image, &w->detector, &w->detections);
  observe_detections(engine, image, {true, true}, w, clock, faces);
}

void observe_again(const Engine& engine, const ImageView& image, ObserveWorkspace* w, StageClock* clock,
                   ObservationList* faces) {
  if (faces->size() == 0) return;
  w->regressor.predict(image, false, faces);
  clock->lap(Stage::kRegress);
  finish_single_pass(engine, w, faces);
  clock->lap(Stage::kRefine);
}

}  // namespace facesdk
