#include "pipeline/candidate_filter.h"

#include <algorithm>
#include <cmath>

#include "common/math_functions.h"
#include "ops/landmarks/landmarks.h"
#include "pipeline/align.h"

namespace facesdk {
namespace {

constexpr double kSameFace = 0.5;    // share of the smaller of two landmark boxes within the other
constexpr double kLastResort = 0.2;  // share of the asked score that is enough for the only face of a picture
// Uncertainty, in crop sides, from which nothing is a last resort. Of 150 training photos of each set, boxes
// given, no face of LFW and MTFL reaches it, 21 % of the masked ones and, in boxes guessed from half a face,
// half of CFP's do; of textures, all.
constexpr double kMostUncertainty = 0.02;
// face_logit from which a tracker stays with a face: no texture reaches it, and of the same photos all of LFW
// and MTFL, 99 % of the masked ones and 93 % of CFP's do.
constexpr double kTrackedLogit = 0.0;

// Fitted on the candidates in training scenes and close-ups.
constexpr double kBias = 0.681, kPerScore = 10.543, kPerLogDisagreement = -0.207;
constexpr double kPerLogSize = -0.123, kPerOverlap = -5.060, kPerFaceLogit = 0.663, kPerLogError = -1.403;
// What score and face_logit together must add to that logit after the first pass: 4 of the 580 faces of 239
// training scenes stay below, and 95 % of the false positives.
constexpr double kLeastEvidence = 2.5;
constexpr size_t kLeastHopeful = 3;  // that go on where none reaches it

struct Bounds {
  double x0, y0, x1, y1;
  double area() const { return (x1 - x0) * (y1 - y0); }
};

Bounds bounds_of(const float* box) { return {box[0], box[1], box[2], box[3]}; }

Bounds landmark_bounds(const float* landmarks) {
  Bounds b{landmarks[0], landmarks[1], landmarks[0], landmarks[1]};
  for (int i = 1; i < kLandmarks; ++i) {
    b.x0 = std::min<double>(b.x0, landmarks[2 * i]), b.x1 = std::max<double>(b.x1, landmarks[2 * i]);
    b.y0 = std::min<double>(b.y0, landmarks[2 * i + 1]), b.y1 = std::max<double>(b.y1, landmarks[2 * i + 1]);
  }
  return b;
}

double intersection(const Bounds& a, const Bounds& b) {
  const double width = std::max(0.0, std::min(a.x1, b.x1) - std::max(a.x0, b.x0));
  return width * std::max(0.0, std::min(a.y1, b.y1) - std::max(a.y0, b.y0));
}

// Geometric mean of the predictions' disagreement and of the error that the network expects, crop sides.
double uncertainty(const FaceObservation& face) {
  if (!face.has_disagreement) return 0.0;
  if (!face.has_sigma) return face.landmark_disagreement;
  double sum = 0.0;
  for (const float log_sigma : face.landmark_log_sigma) sum += math::exp(static_cast<double>(log_sigma));
  return std::sqrt(face.landmark_disagreement * sum / kLandmarks);
}

double evidence_of(const FaceObservation& face) {
  return kPerScore * face.detection.score + kPerFaceLogit * face.face_logit;
}

// The score becomes the probability of a face, the box that of the landmarks: the network sees the face
// larger than the detector did, so its box is the tighter one.
void judge(FaceObservation* face) {
  float box[4];
  face_box(face->landmarks_px, box);
  if (face->has_disagreement) {
    const Bounds own = bounds_of(face->detection.box), seen = bounds_of(box);
    const double shared = intersection(own, seen);
    const double overlap = shared / std::max(own.area() + seen.area() - shared, 1e-6);
    const double size = std::sqrt(std::max(0.0, own.area()));
    const double logit = face->has_face_logit ? face->face_logit : 0.0;
    face->detection.score = static_cast<float>(face_probability(
        face->detection.score, face->landmark_disagreement, size, overlap, logit, face->landmark_error));
  }
  std::copy_n(box, 4, face->detection.box);
}

}  // namespace

double face_probability(double score, double disagreement, double size_px, double overlap, double face_logit,
                        double landmark_error) {
  double logit = kBias + kPerScore * score + kPerLogDisagreement * math::log(std::max(disagreement, 1e-4));
  // Where the network sees no face it puts the mean one in the middle of the box, so that too much overlap
  // counts against a face.
  logit += kPerLogSize * math::log(std::min(std::max(size_px, kSmallPx), kLargePx)) + kPerOverlap * overlap;
  logit += kPerFaceLogit * std::min(std::max(face_logit, 0.0), kMostLogit);
  if (landmark_error > 0.0) logit += kPerLogError * math::log(landmark_error / kUsualError);
  return 1.0 / (1.0 + math::exp(-std::max(-30.0, std::min(30.0, logit))));
}

void face_box(const float* landmarks_px, float* box) {
  const Box found = landmark_roll_and_bbox_cpu(landmarks_px, kForehead).box;
  box[0] = static_cast<float>(found.left), box[1] = static_cast<float>(found.top);
  box[2] = static_cast<float>(found.right), box[3] = static_cast<float>(found.bottom);
}

bool same_face(const float* a, const float* b) {
  const Bounds left = landmark_bounds(a), right = landmark_bounds(b);
  return intersection(left, right) >= kSameFace * std::max(std::min(left.area(), right.area()), 1e-6);
}

bool is_tracked(const FaceObservation& face) {
  return face.has_face_logit ? face.face_logit >= kTrackedLogit : uncertainty(face) <= kMostUncertainty;
}

bool is_hopeless(const FaceObservation& face) {
  return face.has_face_logit && evidence_of(face) < kLeastEvidence;
}

void drop_hopeless(ObservationList* candidates, std::vector<int32_t>* chosen) {
  const auto evidence = [&](size_t i) { return evidence_of((*candidates)[i]); };
  chosen->clear();
  for (size_t i = 0; i < candidates->size(); ++i) {
    if (!is_hopeless((*candidates)[i])) chosen->push_back(static_cast<int32_t>(i));
  }
  if (chosen->empty()) {
    // A picture is more often of a hard face than of none: a badly placed first crop of it shows little.
    for (size_t i = 0; i < candidates->size(); ++i) chosen->push_back(static_cast<int32_t>(i));
    std::sort(chosen->begin(), chosen->end(), [&](int32_t a, int32_t b) {
      const double left = evidence(static_cast<size_t>(a)), right = evidence(static_cast<size_t>(b));
      return left != right ? left > right : a < b;
    });
    chosen->resize(std::min(chosen->size(), kLeastHopeful));
    std::sort(chosen->begin(), chosen->end());
  }
  candidates->keep(*chosen);
}

void filter_candidates(float min_score, ObservationList* candidates, std::vector<int32_t>* chosen) {
  const auto at = [&](int32_t i) -> FaceObservation& { return (*candidates)[static_cast<size_t>(i)]; };
  chosen->clear();
  float best = 0.0f;
  for (size_t i = 0; i < candidates->size(); ++i) {
    judge(&(*candidates)[i]);
    best = std::max(best, (*candidates)[i].detection.score);
    chosen->push_back(static_cast<int32_t>(i));
  }
  float bar = min_score;
  if (best < min_score) {
    size_t count = 0;
    best = 0.0f;
    for (const int32_t i : *chosen) {
      if (uncertainty(at(i)) > kMostUncertainty) continue;
      best = std::max(best, at(i).detection.score);
      (*chosen)[count++] = i;
    }
    chosen->resize(count);
    bar = std::max(best, static_cast<float>(kLastResort) * min_score);
  }
  // Of two candidates on one face, a part of it or a whole head and shoulders, the likelier one shows it.
  std::sort(chosen->begin(), chosen->end(), [&](int32_t a, int32_t b) {
    const float left = at(a).detection.score, right = at(b).detection.score;
    return left != right ? left > right : a < b;
  });
  size_t count = 0;
  for (const int32_t i : *chosen) {
    bool fresh = at(i).detection.score >= bar;
    for (size_t k = 0; k < count && fresh; ++k)
      fresh = !same_face(at(i).landmarks_px, at((*chosen)[k]).landmarks_px);
    if (fresh) (*chosen)[count++] = i;
  }
  chosen->resize(count);
  std::sort(chosen->begin(), chosen->end());
  candidates->keep(*chosen);
}

}  // namespace facesdk
