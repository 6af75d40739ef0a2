#include "pipeline/set_upright.h"

#include <utility>

namespace facesdk {
namespace {

constexpr double kSure = 0.03;  // landmark_error
constexpr double kQuarter = 90.0;

// Numbers of those worth turning, most prominent first: candidates come in this order.
void choose_doubtful(float min_score, const ObservationList& faces, std::vector<int32_t>* doubtful) {
  bool any_sure = false;
  for (size_t i = 0; i < faces.size(); ++i) {
    any_sure = any_sure || faces[i].landmark_error <= kSure;
  }
  doubtful->clear();
  for (size_t i = 0; i < faces.size() && doubtful->size() < kMostTurned; ++i) {
    const bool strong = faces[i].detection.score >= min_score;
    if (faces[i].landmark_error > kSure && (strong || !any_sure)) {
      doubtful->push_back(static_cast<int32_t>(i));
    }
  }
}

}  // namespace

void set_upright(const ImageView& image, float min_score, RegressorRuns* regressor, TurnWorkspace* w,
                 ObservationList* faces) {
  choose_doubtful(min_score, *faces, &w->doubtful);
  if (w->doubtful.empty()) return;
  w->turned.resize(w->doubtful.size() * kQuarterTurns);
  for (size_t i = 0; i < w->turned.size(); ++i) {
    const FaceObservation& face = (*faces)[static_cast<size_t>(w->doubtful[i / kQuarterTurns])];
    w->turned[i].detection = face.detection;
    w->turned[i].track = face.track;
    w->turned[i].crop = face.crop;
    w->turned[i].crop.roll_deg += kQuarter * static_cast<double>(1 + i % kQuarterTurns);
  }
  regressor->predict(image, false, &w->turned);
  for (size_t i = 0; i < w->turned.size(); ++i) {
    FaceObservation& face = (*faces)[static_cast<size_t>(w->doubtful[i / kQuarterTurns])];
    const double error = w->turned[i].landmark_error;
    if (error <= kSure && error < face.landmark_error) std::swap(face, w->turned[i]);
  }
}

}  // namespace facesdk
