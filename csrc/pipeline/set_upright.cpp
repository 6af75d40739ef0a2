#include "pipeline/set_upright.h"

#include <utility>

#include "pipeline/align.h"

namespace facesdk {
namespace {

constexpr double kMostError = 0.045;  // landmark_error of what may be an upright face
constexpr double kLeastLogit = 4.0;   // its face_logit
constexpr double kQuarter = 90.0;

// The network learned to tell faces on their side or head from upright ones by face_logit.
bool is_surer(const FaceObservation& a, const FaceObservation& b) {
  return a.has_face_logit ? a.face_logit > b.face_logit : a.landmark_error < b.landmark_error;
}

// Numbers of those worth turning, most prominent first: candidates come in this order.
void choose_doubtful(float min_score, const ObservationList& faces, std::vector<int32_t>* doubtful) {
  bool any_sure = false;
  for (size_t i = 0; i < faces.size(); ++i) {
    any_sure = any_sure || may_be_upright(faces[i]);
  }
  doubtful->clear();
  for (size_t i = 0; i < faces.size() && doubtful->size() < kMostTurned; ++i) {
    const bool strong = faces[i].detection.score >= min_score;
    if (!may_be_upright(faces[i]) && (strong || !any_sure)) {
      doubtful->push_back(static_cast<int32_t>(i));
    }
  }
}

}  // namespace

bool may_be_upright(const FaceObservation& face) {
  return face.landmark_error <= kMostError && (!face.has_face_logit || face.face_logit >= kLeastLogit);
}

void set_upright(const ImageView& image, float min_score, RegressorRuns* regressor, TurnWorkspace* w,
                 ObservationList* faces) {
  choose_doubtful(min_score, *faces, &w->doubtful);
  if (w->doubtful.empty()) return;
  w->turned.resize(w->doubtful.size() * kQuarterTurns);
  for (size_t i = 0; i < w->turned.size(); ++i) {
    const FaceObservation& face = (*faces)[static_cast<size_t>(w->doubtful[i / kQuarterTurns])];
    w->turned[i].detection = face.detection;
    w->turned[i].track = face.track;
    Detection turned = face.detection;  // the crop lies below the box's middle, which is another place now
    turned.has_roll = true;
    turned.roll_deg = face.crop.roll_deg + kQuarter * static_cast<double>(1 + i % kQuarterTurns);
    w->turned[i].crop = crop_from_detection(turned);
  }
  regressor->predict(image, false, &w->turned);
  for (size_t i = 0; i < w->turned.size(); ++i) {
    FaceObservation& face = (*faces)[static_cast<size_t>(w->doubtful[i / kQuarterTurns])];
    if (may_be_upright(w->turned[i]) && is_surer(w->turned[i], face)) std::swap(face, w->turned[i]);
  }
}

}  // namespace facesdk
