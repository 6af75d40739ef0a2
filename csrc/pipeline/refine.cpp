#include "pipeline/refine.h"

#include <algorithm>
#include <cmath>

#include "common/simd_dispatch.h"
#include "ops/damped_least_squares/damped_least_squares.h"
#include "ops/landmarks/landmarks.h"
#include "ops/pose/pose_math.h"
#include "pipeline/landmarks.h"

namespace facesdk {
namespace {

// How far the network is usually off, measured on held-out training photos: what a step may change cheaply.
constexpr float kRotationRad = 0.05f, kLateralMm = 6.0f, kDepthMm = 60.0f;
constexpr float kIdentity = 0.3f, kExpression = 0.08f;
constexpr float kLandmarkSigma =
    0.004f;  // crop sides; the difference of two predictions that chance explains
constexpr int kPoseNumbers = 6, kPoints = 2 * kLandmarks;

struct AddRows {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT rows, const float* FACESDK_RESTRICT weights,
                             int64_t count, int64_t length, float* FACESDK_RESTRICT sum) {
    for (int64_t k = 0; k < count; ++k) {
      for (int64_t i = 0; i < length; ++i) sum[i] += weights[k] * rows[k * length + i];
    }
  }
};

// out[k] = prior[k] * (a0 * b0[k] + a1 * b1[k] + a2 * b2[k]): one row of the Jacobian over the shapes.
struct CombineRows {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT basis, const float* factors,
                             const float* FACESDK_RESTRICT prior, int64_t count,
                             float* FACESDK_RESTRICT out) {
    const float a0 = factors[0], a1 = factors[1], a2 = factors[2];
    for (int64_t k = 0; k < count; ++k) {
      out[k] = prior[k] * (a0 * basis[k] + a1 * basis[count + k] + a2 * basis[2 * count + k]);
    }
  }
};

void fill_prior(const FaceModel& model, float identity_prior, RefineWorkspace* w) {
  const auto width = static_cast<size_t>(kPoseNumbers + model.num_identity() + model.num_expression());
  if (w->prior.size() == width && w->identity_prior == identity_prior) return;
  w->prior.resize(width);
  w->identity_prior = identity_prior;
  float* p = w->prior.data();
  p[0] = p[1] = p[2] = kRotationRad;
  p[3] = p[4] = kLateralMm;
  p[5] = kDepthMm;
  std::fill_n(p + kPoseNumbers, model.num_identity(), identity_prior);
  std::fill_n(p + kPoseNumbers + model.num_identity(), model.num_expression(), kExpression);
}

// Two rows of the scaled Jacobian and of the residual: one landmark.
void add_landmark(const FaceModel& model, const FaceObservation& face, double focal_ratio,
                  const float* target, int i, RefineWorkspace* w) {
  const float *r = face.rotation, *p = w->face.data() + 3 * i, *prior = w->prior.data();
  const int64_t shapes = model.num_identity() + model.num_expression(), width = kPoseNumbers + shapes;
  float rotated[3];
  for (int row = 0; row < 3; ++row) {
    rotated[row] = r[3 * row] * p[0] + r[3 * row + 1] * p[1] + r[3 * row + 2] * p[2];
  }
  const float z = rotated[2] + face.translation_mm[2], focal = static_cast<float>(focal_ratio);
  const float at[2] = {focal * (rotated[0] + face.translation_mm[0]) / z,
                       focal * (rotated[1] + face.translation_mm[1]) / z};
  for (int axis = 0; axis < 2; ++axis) {
    float by_point[3] = {0.0f, 0.0f, -at[axis] / z};  // of the projection, by the point in the camera frame
    by_point[axis] = focal / z;
    float* out = w->scaled.data() + (2 * i + axis) * width;
    // A small rotation w moves the point by w x p.
    out[0] = prior[0] * (by_point[2] * rotated[1] - by_point[1] * rotated[2]);
    out[1] = prior[1] * (by_point[0] * rotated[2] - by_point[2] * rotated[0]);
    out[2] = prior[2] * (by_point[1] * rotated[0] - by_point[0] * rotated[1]);
    for (int k = 0; k < 3; ++k) out[3 + k] = prior[3 + k] * by_point[k];
    float in_face[3];
    for (int k = 0; k < 3; ++k)
      in_face[k] = by_point[0] * r[k] + by_point[1] * r[3 + k] + by_point[2] * r[6 + k];
    vectorized<CombineRows>(model.landmark_jacobian().data() + 3 * i * shapes,
                            static_cast<const float*>(in_face), prior + kPoseNumbers, shapes,
                            out + kPoseNumbers);
    w->residual[static_cast<size_t>(2 * i + axis)] = target[2 * i + axis] - at[axis];
  }
}

void take_step(const float* step, FaceObservation* face) {
  const Mat3 turn = rotation_by({step[0], step[1], step[2]});
  Mat3 rotation;
  for (int i = 0; i < 9; ++i) rotation.m[i] = face->rotation[i];
  rotation = turn * rotation;
  for (int i = 0; i < 9; ++i) face->rotation[i] = static_cast<float>(rotation.m[i]);
  for (int i = 0; i < 3; ++i) face->translation_mm[i] += step[3 + i];
  const float* at = step + kPoseNumbers;
  for (float& alpha : face->identity) alpha += *at++;
  for (float& delta : face->expression) delta = std::min(std::max(delta + *at++, 0.0f), 1.0f);
}

void refine_by(const FaceModel& model, double focal_ratio, const float* target, float identity_prior,
               RefineWorkspace* w, FaceObservation* face) {
  const int64_t width = kPoseNumbers + model.num_identity() + model.num_expression();
  fill_prior(model, identity_prior, w);
  w->scaled.resize(static_cast<size_t>(kPoints * width));
  w->residual.resize(kPoints);
  w->step.resize(static_cast<size_t>(width));
  w->face = model.landmark_mean();
  const int64_t length = 3 * kLandmarks;
  vectorized<AddRows>(model.landmark_bases().data(), static_cast<const float*>(face->identity.data()),
                      static_cast<int64_t>(model.num_identity()), length, w->face.data());
  vectorized<AddRows>(model.landmark_bases().data() + model.num_identity() * length,
                      static_cast<const float*>(face->expression.data()),
                      static_cast<int64_t>(model.num_expression()), length, w->face.data());
  for (int i = 0; i < kLandmarks; ++i) add_landmark(model, *face, focal_ratio, target, i, w);
  if (!damped_least_squares_cpu({w->scaled.data(), w->residual.data(), kLandmarkSigma * kLandmarkSigma,
                                 kPoints, width, w->step.data()},
                                w->ops)) {
    return;
  }
  for (int64_t k = 0; k < width; ++k) w->step[static_cast<size_t>(k)] *= w->prior[static_cast<size_t>(k)];
  const auto finite = [](float v) { return std::isfinite(v); };
  if (std::all_of(w->step.begin(), w->step.end(), finite)) take_step(w->step.data(), face);
}

}  // namespace

void measure_disagreement(FaceObservation* face) {
  face->has_disagreement = face->has_points;
  if (face->has_points) {
    face->landmark_disagreement = mean_distance_cpu(face->landmarks_crop, face->points, kLandmarks);
  }
}

bool agree_on_landmarks(FaceObservation* face, const FaceObservation* mirrored, float* mean) {
  const float* predictions[4];
  float flipped[2][kPoints];
  int count = 0;
  predictions[count++] = face->landmarks_crop;
  if (face->has_points) predictions[count++] = face->points;
  const auto add_flipped = [&](const float* points, float* to) {
    for (int i = 0; i < kLandmarks; ++i) {
      to[2 * i] = -points[2 * kMirror68[i]];
      to[2 * i + 1] = points[2 * kMirror68[i] + 1];
    }
    predictions[count++] = to;
  };
  if (mirrored != nullptr) add_flipped(mirrored->landmarks_crop, flipped[0]);
  if (mirrored != nullptr && mirrored->has_points) add_flipped(mirrored->points, flipped[1]);
  face->has_disagreement = count > 1;
  if (count == 1) return false;
  for (int i = 0; i < kPoints; ++i) {
    float sum = 0.0f;
    for (int k = 0; k < count; ++k) sum += predictions[k][i];
    mean[i] = sum / static_cast<float>(count);
  }
  if (count == 2) {
    face->landmark_disagreement = mean_distance_cpu(predictions[0], predictions[1], kLandmarks);
    return true;
  }
  double sum = 0.0;
  for (int k = 0; k < count; ++k) sum += mean_distance_cpu(predictions[k], mean, kLandmarks);
  face->landmark_disagreement = 2.0 * sum / count;
  return true;
}

void refine(const FaceModel& model, double focal_ratio, const float* target, RefineWorkspace* w,
            FaceObservation* face) {
  refine_by(model, focal_ratio, target, kIdentity, w, face);
}

void refine_pose(const FaceModel& model, double focal_ratio, const float* target, RefineWorkspace* w,
                 FaceObservation* face) {
  refine_by(model, focal_ratio, target, 0.0f, w, face);
}

void reserve(const FaceModel& model, RefineWorkspace* w) {
  FaceObservation mean{};
  mean.identity.resize(static_cast<size_t>(model.num_identity()));
  mean.expression.resize(static_cast<size_t>(model.num_expression()));
  mean.rotation[0] = 1.0f, mean.rotation[4] = mean.rotation[8] = -1.0f;
  mean.translation_mm[2] = 1000.0f;
  const float target[kPoints] = {};
  refine(model, 1.0, target, w, &mean);
}

}  // namespace facesdk
