#include "pipeline/person.h"

#include <algorithm>

#include "pipeline/landmarks.h"

namespace facesdk {
namespace {

constexpr int kSteps = 2;  // the first one is too long where the shapes are far apart

void add_to_mean(const std::vector<float>& values, float share, std::vector<float>* mean) {
  for (size_t i = 0; i < values.size(); ++i) (*mean)[i] += share * (values[i] - (*mean)[i]);
}

}  // namespace

double person_weight(const FaceObservation& face) {
  const double facing = std::max(0.0, -static_cast<double>(face.rotation[8]));
  const double agreeing =
      face.has_disagreement ? std::min(1.0, 0.01 / std::max(face.landmark_disagreement, 1e-4)) : 1.0;
  return std::max(0.02, facing * facing * agreeing);
}

void PersonMean::add(const FaceObservation& face, double of_face, double memory) {
  const bool first = weight == 0.0;
  weight = std::min(weight + of_face, memory);
  const auto share = static_cast<float>(of_face / std::max(weight, 1e-6));
  if (first) {
    identity = face.identity;
    albedo = face.albedo;
  } else {
    add_to_mean(face.identity, share, &identity);
    add_to_mean(face.albedo, share, &albedo);
  }
}

void fit_to_person(const FaceModel& model, double focal_ratio, const PersonMean& person, RefineWorkspace* w,
                   FaceObservation* face) {
  float seen[2 * kLandmarks];
  std::copy_n(face->landmarks_crop, 2 * kLandmarks, seen);
  face->identity = person.identity;
  face->albedo = person.albedo;
  for (int step = 0; step < kSteps; ++step) refine_pose(model, focal_ratio, seen, w, face);
  predict_landmarks(model, focal_ratio, face, w->ops);
}

}  // namespace facesdk
