// Stages of the chain as functions over arrays, for tests and tools.
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "pipeline/align.h"
#include "pipeline/camera.h"
#include "pipeline/candidate_filter.h"
#include "pipeline/eye_closure.h"
#include "pipeline/letterbox.h"
#include "pipeline/non_max_suppression.h"
#include "pipeline/quality.h"
#include "pipeline/refine.h"
#include "python/bindings.h"
#include "python/check.h"

namespace facesdk::python {
namespace {

using Landmarks = Floats<kLandmarks, 2>;
using Gray = Floats<'S', 'S'>;                                   // a crop, 0..1
using CropNumbers = std::tuple<double, double, double, double>;  // x, y, side, roll_deg

CropNumbers as_tuple(const Crop& crop) { return {crop.center[0], crop.center[1], crop.side, crop.roll_deg}; }

Crop to_crop(const CropNumbers& crop) {
  const auto& [x, y, side, roll_deg] = crop;
  if (!(side > 0.0)) refuse("crop", "a side that is not above 0", "x, y, side > 0, roll_deg");
  return {{x, y}, side, roll_deg};
}

// A detection's own roll wins over that of its five points (5, 2); without both it is upright.
CropNumbers bound_crop_from_detection(const Floats<4>& box, const std::optional<Floats<5, 2>>& points,
                                      std::optional<double> roll_deg) {
  Detection detection{};
  std::copy_n(require(box, "box").data, 4, detection.box);
  detection.has_points = points.has_value();
  if (detection.has_points) {
    std::copy_n(require(*points, "points").data, 10, detection.points);
  }
  detection.has_roll = roll_deg.has_value();
  detection.roll_deg = roll_deg.value_or(0.0);
  return as_tuple(crop_from_detection(detection));
}

CropNumbers bound_crop_from_landmarks(const Landmarks& landmarks_px, std::optional<double> roll_deg) {
  const View<float> points = require(landmarks_px, "landmarks");
  return as_tuple(roll_deg ? crop_from_landmarks(points.data, *roll_deg) : crop_from_landmarks(points.data));
}

Floats<2, 3> bound_crop_matrix(const CropNumbers& crop, int32_t size, bool mirrored) {
  require_range("size", size, 1, 1 << 14);
  Floats<2, 3> out = Floats<2, 3>::empty({2, 3});
  crop_matrix(to_crop(crop), size, mirrored, out.data());
  return out;
}

// rows, columns, halvings, height, width, scale in x and y
using LetterboxNumbers = std::tuple<int64_t, int64_t, int, int64_t, int64_t, std::tuple<float, float>>;

LetterboxNumbers bound_letterbox(int64_t height, int64_t width, int64_t side) {
  require_range("height", height, 1, 1 << 20);
  require_range("width", width, 1, 1 << 20);
  require_range("side", side, 1, 1 << 14);
  const Letterbox box = letterbox(height, width, side);
  return {box.rows, box.columns, box.halvings, box.height, box.width, {box.scale[0], box.scale[1]}};
}

Ints<'K'> bound_non_max_suppression(const Floats<'N', 4>& boxes, const Floats<'N'>& scores,
                                    float max_overlap) {
  const View<float> b = require(boxes, "boxes");
  const View<float> s = require(scores, "scores", {{'N', b.shape[0]}});
  std::vector<Detection> detections(static_cast<size_t>(b.shape[0]));
  for (size_t i = 0; i < detections.size(); ++i) {
    std::copy_n(b.data + 4 * i, 4, detections[i].box);
    detections[i].score = s.data[i];
  }
  std::vector<int32_t> kept;
  non_max_suppression(detections, max_overlap, &kept);
  return Ints<'K'>::copy(kept.data(), {static_cast<py::ssize_t>(kept.size())});
}

Floats<4> bound_face_box(const Landmarks& landmarks_px) {
  Floats<4> out = Floats<4>::empty({4});
  face_box(require(landmarks_px, "landmarks").data, out.data());
  return out;
}

// face_logits (N,), NaN where the network has none.
Ints<'K'> bound_drop_hopeless(const Floats<'N'>& scores, const Doubles<'N'>& face_logits) {
  const View<float> s = require(scores, "scores");
  const View<double> logits = require(face_logits, "face_logits", {{'N', s.shape[0]}});
  ObservationList faces;
  faces.resize(static_cast<size_t>(logits.shape[0]));
  for (size_t i = 0; i < faces.size(); ++i) {
    faces[i].detection.score = s.data[i];
    faces[i].has_face_logit = !std::isnan(logits.data[i]);
    faces[i].face_logit = faces[i].has_face_logit ? logits.data[i] : 0.0;
  }
  std::vector<int32_t> kept;
  drop_hopeless(&faces, &kept);
  return Ints<'K'>::copy(kept.data(), {static_cast<py::ssize_t>(kept.size())});
}

// Columns of the filter's input; NaN in a row of landmark_disagreement, face_logits or landmark_log_sigma,
// 0 in one of landmark_errors:
// the network has none. Returns the numbers of those kept, and the boxes and scores that they get.
std::tuple<Ints<'K'>, Floats<'K', 4>, Floats<'K'>> bound_filter_candidates(
    float min_score, const Floats<'N', 4>& boxes, const Floats<'N'>& scores,
    const Floats<'N', kLandmarks, 2>& landmarks, const Doubles<'N'>& disagreement,
    const Doubles<'N'>& face_logits, const Floats<'N', kLandmarks>& log_sigma,
    const Doubles<'N'>& landmark_errors) {
  const View<float> b = require(boxes, "boxes");
  const int64_t count = b.shape[0];
  const View<float> s = require(scores, "scores", {{'N', count}});
  const View<float> l = require(landmarks, "landmarks", {{'N', count}});
  const View<double> d = require(disagreement, "landmark_disagreement", {{'N', count}});
  const View<double> f = require(face_logits, "face_logits", {{'N', count}});
  const View<float> e = require(log_sigma, "landmark_log_sigma", {{'N', count}});
  const View<double> r = require(landmark_errors, "landmark_errors", {{'N', count}});
  ObservationList faces;
  faces.resize(static_cast<size_t>(count));
  for (size_t i = 0; i < faces.size(); ++i) {
    FaceObservation& face = faces[i];
    std::copy_n(b.data + 4 * i, 4, face.detection.box);
    face.detection.score = s.data[i];
    std::copy_n(l.data + 2 * kLandmarks * i, 2 * kLandmarks, face.landmarks_px);
    std::copy_n(e.data + kLandmarks * i, kLandmarks, face.landmark_log_sigma);
    face.landmark_error = r.data[i];
    face.landmark_disagreement = d.data[i], face.face_logit = f.data[i];
    face.has_disagreement = !std::isnan(d.data[i]), face.has_face_logit = !std::isnan(f.data[i]);
    face.has_sigma = !std::isnan(face.landmark_log_sigma[0]);
  }
  std::vector<int32_t> kept;
  filter_candidates(min_score, &faces, &kept);
  const auto n = static_cast<py::ssize_t>(kept.size());
  Floats<'K', 4> out_boxes = Floats<'K', 4>::empty({n, 4});
  Floats<'K'> out_scores = Floats<'K'>::empty({n});
  for (py::ssize_t i = 0; i < n; ++i) {
    const Detection& detection = faces[static_cast<size_t>(i)].detection;
    std::copy_n(detection.box, 4, out_boxes.data() + 4 * i);
    out_scores.data()[i] = detection.score;
  }
  return {Ints<'K'>::copy(kept.data(), {n}), out_boxes, out_scores};
}

// (mean (68, 2), disagreement) of predictions (68, 2) in crop sides; None where there is one only.
std::optional<std::tuple<Landmarks, double>> bound_agree_on_landmarks(
    const Landmarks& landmarks, const std::optional<Landmarks>& points,
    const std::optional<Landmarks>& mirrored_landmarks, const std::optional<Landmarks>& mirrored_points) {
  const auto fill = [](FaceObservation* face, const Landmarks& mesh, const std::optional<Landmarks>& maps) {
    std::copy_n(require(mesh, "landmarks").data, 2 * kLandmarks, face->landmarks_crop);
    face->has_points = maps.has_value();
    if (maps) std::copy_n(require(*maps, "points").data, 2 * kLandmarks, face->points);
  };
  FaceObservation face{}, mirrored{};
  fill(&face, landmarks, points);
  if (mirrored_landmarks) fill(&mirrored, *mirrored_landmarks, mirrored_points);
  Landmarks mean = Landmarks::empty({kLandmarks, 2});
  if (!agree_on_landmarks(&face, mirrored_landmarks ? &mirrored : nullptr, mean.data())) return std::nullopt;
  return std::make_tuple(mean, face.landmark_disagreement);
}

// (identity, expression, rotation, translation_mm) after one step towards target (68, 2).
std::tuple<Floats<'I'>, Floats<'E'>, Floats<3, 3>, Floats<3>> bound_refine(
    const FaceModel& model, double focal_ratio, const Landmarks& target, const Floats<'I'>& identity,
    const Floats<'E'>& expression, const Floats<3, 3>& rotation, const Floats<3>& translation_mm) {
  const View<float> to = require(target, "target");
  const View<float> alpha = require(identity, "identity", {{'I', model.num_identity()}});
  const View<float> delta = require(expression, "expression", {{'E', model.num_expression()}});
  FaceObservation face{};
  face.identity.assign(alpha.data, alpha.data + alpha.shape[0]);
  face.expression.assign(delta.data, delta.data + delta.shape[0]);
  std::copy_n(require(rotation, "rotation").data, 9, face.rotation);
  std::copy_n(require(translation_mm, "translation_mm").data, 3, face.translation_mm);
  RefineWorkspace workspace;
  refine(model, focal_ratio, to.data, &workspace, &face);
  return {Floats<'I'>::copy(face.identity.data(), {static_cast<py::ssize_t>(face.identity.size())}),
          Floats<'E'>::copy(face.expression.data(), {static_cast<py::ssize_t>(face.expression.size())}),
          Floats<3, 3>::copy(face.rotation, {3, 3}), Floats<3>::copy(face.translation_mm, {3})};
}

Floats<2> bound_eye_closure(const Network& network, const Gray& gray, const Landmarks& landmarks_crop) {
  const View<float> crop = require(gray, "gray");
  if (crop.shape[0] < 2) refuse("gray", describe(gray), "(S, S), S > 1");
  check_eye_network(network);
  EyeWorkspace workspace(network);
  double closure[2];
  predict_eye_closure(network, crop.data, static_cast<int32_t>(crop.shape[0]),
                      require(landmarks_crop, "landmarks").data, &workspace, closure);
  const float rounded[2] = {static_cast<float>(closure[0]), static_cast<float>(closure[1])};
  return Floats<2>::copy(rounded, {2});
}

// (score, reasons as bits).
std::tuple<double, uint32_t> bound_quality(const Gray& gray, const Landmarks& landmarks_px, double yaw,
                                           double score, double landmark_error, double occluded_share,
                                           int64_t height, int64_t width) {
  const View<float> crop = require(gray, "gray");
  if (crop.shape[0] < 3) refuse("gray", describe(gray), "(S, S), S > 2");
  const Quality quality =
      assess_quality({crop.data, static_cast<int32_t>(crop.shape[0]), require(landmarks_px, "landmarks").data,
                      yaw, score, landmark_error, occluded_share, height, width});
  return {quality.score, quality.reasons};
}

Floats<3, 3> bound_assume_intrinsics(int64_t height, int64_t width, double field_of_view_deg,
                                     double min_focal_px) {
  require_range("height", height, 1, 1 << 20);
  require_range("width", width, 1, 1 << 20);
  Floats<3, 3> out = Floats<3, 3>::empty({3, 3});
  assume_intrinsics(height, width, field_of_view_deg, min_focal_px, out.data());
  return out;
}

// (rotation (3, 3), translation_mm (3,), landmarks_px (68, 2)) in the picture's camera.
std::tuple<Floats<3, 3>, Floats<3>, Landmarks> bound_camera_pose(
    const CropNumbers& crop, const Floats<3, 3>& rotation, const Floats<3>& translation_mm,
    double focal_ratio, const Floats<kLandmarks, 3>& landmarks_face_mm, const Floats<3, 3>& intrinsics) {
  FaceObservation face{};
  face.crop = to_crop(crop);
  std::copy_n(require(rotation, "rotation").data, 9, face.rotation);
  std::copy_n(require(translation_mm, "translation_mm").data, 3, face.translation_mm);
  const View<float> landmarks = require(landmarks_face_mm, "landmarks_face_mm");
  const View<float> k = require(intrinsics, "intrinsics");
  CameraPose pose;
  Workspace workspace;
  solve_camera_pose(face, focal_ratio, landmarks.data, k.data, workspace, &pose);
  return {Floats<3, 3>::copy(pose.rotation, {3, 3}), Floats<3>::copy(pose.translation_mm, {3}),
          Landmarks::copy(pose.landmarks_px, {kLandmarks, 2})};
}

}  // namespace

void bind_pipeline(py::module_& m) {
  m.def("crop_from_detection", &bound_crop_from_detection, "box"_a, "points"_a, "roll_deg"_a);
  m.def("crop_from_landmarks", &bound_crop_from_landmarks, "landmarks_px"_a, "roll_deg"_a);
  m.def("crop_matrix", &bound_crop_matrix, "crop"_a, "size"_a, "mirrored"_a);
  m.def("letterbox", &bound_letterbox, "height"_a, "width"_a, "side"_a);
  m.def("non_max_suppression", &bound_non_max_suppression, "boxes"_a, "scores"_a, "max_overlap"_a);
  m.def("face_probability", &face_probability, "score"_a, "disagreement"_a, "size_px"_a, "overlap"_a,
        "face_logit"_a, "landmark_error"_a);
  m.def("face_box", &bound_face_box, "landmarks_px"_a);
  m.def(
      "same_face",
      [](const Landmarks& a, const Landmarks& b) {
        return same_face(require(a, "a").data, require(b, "b").data);
      },
      "a"_a, "b"_a);
  m.def("drop_hopeless", &bound_drop_hopeless, "scores"_a, "face_logits"_a);
  m.def("filter_candidates", &bound_filter_candidates, "min_score"_a, "boxes"_a, "scores"_a, "landmarks"_a,
        "landmark_disagreement"_a, "face_logits"_a, "landmark_log_sigma"_a, "landmark_errors"_a);
  m.def("agree_on_landmarks", &bound_agree_on_landmarks, "landmarks"_a, "points"_a, "mirrored_landmarks"_a,
        "mirrored_points"_a);
  m.def("refine", &bound_refine, "model"_a, "focal_ratio"_a, "target"_a, "identity"_a, "expression"_a,
        "rotation"_a, "translation_mm"_a);
  m.def("eye_closure", &bound_eye_closure, "network"_a, "gray"_a, "landmarks_crop"_a);
  m.def("quality", &bound_quality, "gray"_a, "landmarks_px"_a, "yaw_deg"_a, "score"_a, "landmark_error"_a,
        "occluded_share"_a, "height"_a, "width"_a);
  m.def("assume_intrinsics", &bound_assume_intrinsics, "height"_a, "width"_a, "field_of_view_deg"_a,
        "min_focal_px"_a);
  m.def("camera_pose", &bound_camera_pose, "crop"_a, "rotation"_a, "translation_mm"_a, "focal_ratio"_a,
        "landmarks_face_mm"_a, "intrinsics"_a);
  m.def(
      "yaw_deg", [](const Floats<3, 3>& rotation) { return yaw_deg(require(rotation, "rotation").data); },
      "rotation"_a);
  m.def("eye_corners", [] {
    return std::make_tuple(std::make_tuple(kEyeCorners[0][0], kEyeCorners[0][1]),
                           std::make_tuple(kEyeCorners[1][0], kEyeCorners[1][1]));
  });
  m.attr("CROP_MARGIN") = kMargin;
  m.attr("DETECTION_TO_LANDMARKS") = kDetectionToLandmarks;
  m.attr("DETECTION_SHIFT_DOWN") = kDetectionShiftDown;
  m.attr("FOREHEAD") = kForehead;
  m.attr("EYE_ACROSS") = kEyeAcross;
  m.attr("EYE_DOWN") = kEyeDown;
  m.attr("EYE_WIDTH") = kEyeWidth;
  m.attr("SMALL_PX") = kSmallPx;
  m.attr("LARGE_PX") = kLargePx;
  m.attr("MOST_LOGIT") = kMostLogit;
  m.attr("USUAL_ERROR") = kUsualError;
}

}  // namespace facesdk::python
