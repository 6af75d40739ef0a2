// Stages of the chain as functions over arrays, for tests and tools.
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <optional>

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

View<float> require_landmarks(py::handle landmarks, const char* name = "landmarks") {
  return require<float>(landmarks, name, {{"68", kLandmarks}, {"2", 2}});
}

py::tuple as_tuple(const Crop& crop) {
  return py::make_tuple(crop.center[0], crop.center[1], crop.side, crop.roll_deg);
}

Crop to_crop(const std::array<double, 4>& crop) {
  if (!(crop[2] > 0.0)) refuse("crop", "a side that is not above 0", "x, y, side > 0, roll_deg");
  return {{crop[0], crop[1]}, crop[2], crop[3]};
}

// A detection's own roll wins over that of its five points (5, 2); without both it is upright.
py::tuple bound_crop_from_detection(py::handle box, py::handle points, std::optional<double> roll_deg) {
  Detection detection{};
  std::copy_n(require<float>(box, "box", {{"4", 4}}).data, 4, detection.box);
  detection.has_points = !points.is_none();
  if (detection.has_points) {
    std::copy_n(require<float>(points, "points", {{"5", 5}, {"2", 2}}).data, 10, detection.points);
  }
  detection.has_roll = roll_deg.has_value();
  detection.roll_deg = roll_deg.value_or(0.0);
  return as_tuple(crop_from_detection(detection));
}

py::array_t<float> bound_crop_matrix(const std::array<double, 4>& crop, int32_t size, bool mirrored) {
  require_range("size", size, 1, 1 << 14);
  py::array_t<float> out({2, 3});
  crop_matrix(to_crop(crop), size, mirrored, out.mutable_data());
  return out;
}

py::tuple bound_letterbox(int64_t height, int64_t width, int64_t side) {
  require_range("height", height, 1, 1 << 20);
  require_range("width", width, 1, 1 << 20);
  require_range("side", side, 1, 1 << 14);
  const Letterbox box = letterbox(height, width, side);
  return py::make_tuple(box.rows, box.columns, box.halvings, box.height, box.width,
                        py::make_tuple(box.scale[0], box.scale[1]));
}

py::array_t<int32_t> bound_non_max_suppression(py::handle boxes, py::handle scores, float max_overlap) {
  const View<float> b = require<float>(boxes, "boxes", {{"N"}, {"4", 4}});
  const View<float> s = require<float>(scores, "scores", {{"N", b.shape[0]}});
  std::vector<Detection> detections(static_cast<size_t>(b.shape[0]));
  for (size_t i = 0; i < detections.size(); ++i) {
    std::copy_n(b.data + 4 * i, 4, detections[i].box);
    detections[i].score = s.data[i];
  }
  std::vector<int32_t> kept;
  non_max_suppression(detections, max_overlap, &kept);
  return py::array_t<int32_t>(static_cast<py::ssize_t>(kept.size()), kept.data());
}

py::array_t<float> bound_face_box(py::handle landmarks_px) {
  py::array_t<float> out(4);
  face_box(require_landmarks(landmarks_px).data, out.mutable_data());
  return out;
}

// face_logits (N,), NaN where the network has none.
py::array_t<int32_t> bound_drop_hopeless(py::handle scores, py::handle face_logits) {
  const View<float> s = require<float>(scores, "scores", {{"N"}});
  const View<double> logits = require<double>(face_logits, "face_logits", {{"N", s.shape[0]}});
  ObservationList faces;
  faces.resize(static_cast<size_t>(logits.shape[0]));
  for (size_t i = 0; i < faces.size(); ++i) {
    faces[i].detection.score = s.data[i];
    faces[i].has_face_logit = !std::isnan(logits.data[i]);
    faces[i].face_logit = faces[i].has_face_logit ? logits.data[i] : 0.0;
  }
  std::vector<int32_t> kept;
  drop_hopeless(&faces, &kept);
  return py::array_t<int32_t>(static_cast<py::ssize_t>(kept.size()), kept.data());
}

// Columns of the filter's input; NaN in a row of landmark_disagreement, face_logits or landmark_log_sigma,
// 0 in one of landmark_errors:
// the network has none. Returns the numbers of those kept, and the boxes and scores that they get.
py::tuple bound_filter_candidates(float min_score, py::handle boxes, py::handle scores, py::handle landmarks,
                                  py::handle disagreement, py::handle face_logits, py::handle log_sigma,
                                  py::handle landmark_errors) {
  const View<float> b = require<float>(boxes, "boxes", {{"N"}, {"4", 4}});
  const int64_t count = b.shape[0];
  const View<float> s = require<float>(scores, "scores", {{"N", count}});
  const View<float> l = require<float>(landmarks, "landmarks", {{"N", count}, {"68", kLandmarks}, {"2", 2}});
  const View<double> d = require<double>(disagreement, "landmark_disagreement", {{"N", count}});
  const View<double> f = require<double>(face_logits, "face_logits", {{"N", count}});
  const View<float> e = require<float>(log_sigma, "landmark_log_sigma", {{"N", count}, {"68", kLandmarks}});
  const View<double> r = require<double>(landmark_errors, "landmark_errors", {{"N", count}});
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
  py::array_t<float> out_boxes({n, py::ssize_t{4}}), out_scores(n);
  for (py::ssize_t i = 0; i < n; ++i) {
    const Detection& detection = faces[static_cast<size_t>(i)].detection;
    std::copy_n(detection.box, 4, out_boxes.mutable_data() + 4 * i);
    out_scores.mutable_data()[i] = detection.score;
  }
  return py::make_tuple(py::array_t<int32_t>(n, kept.data()), out_boxes, out_scores);
}

// (mean (68, 2), disagreement) of predictions (68, 2) in crop sides; None where there is one only.
py::object bound_agree_on_landmarks(py::handle landmarks, py::handle points, py::handle mirrored_landmarks,
                                    py::handle mirrored_points) {
  const auto fill = [](FaceObservation* face, py::handle mesh, py::handle maps) {
    std::copy_n(require_landmarks(mesh).data, 2 * kLandmarks, face->landmarks_crop);
    face->has_points = !maps.is_none();
    if (face->has_points) std::copy_n(require_landmarks(maps, "points").data, 2 * kLandmarks, face->points);
  };
  FaceObservation face{}, mirrored{};
  fill(&face, landmarks, points);
  if (!mirrored_landmarks.is_none()) fill(&mirrored, mirrored_landmarks, mirrored_points);
  py::array_t<float> mean({kLandmarks, 2});
  if (!agree_on_landmarks(&face, mirrored_landmarks.is_none() ? nullptr : &mirrored, mean.mutable_data())) {
    return py::none();
  }
  return py::make_tuple(mean, face.landmark_disagreement);
}

// (identity, expression, rotation, translation_mm) after one step towards target (68, 2).
py::tuple bound_refine(const FaceModel& model, double focal_ratio, py::handle target, py::handle identity,
                       py::handle expression, py::handle rotation, py::handle translation_mm) {
  const View<float> to = require_landmarks(target, "target");
  const View<float> alpha = require<float>(identity, "identity", {{"n_id", model.num_identity()}});
  const View<float> delta = require<float>(expression, "expression", {{"n_exp", model.num_expression()}});
  FaceObservation face{};
  face.identity.assign(alpha.data, alpha.data + alpha.shape[0]);
  face.expression.assign(delta.data, delta.data + delta.shape[0]);
  std::copy_n(require<float>(rotation, "rotation", {{"3", 3}, {"3", 3}}).data, 9, face.rotation);
  std::copy_n(require<float>(translation_mm, "translation_mm", {{"3", 3}}).data, 3, face.translation_mm);
  RefineWorkspace workspace;
  refine(model, focal_ratio, to.data, &workspace, &face);
  return py::make_tuple(
      py::array_t<float>(static_cast<py::ssize_t>(face.identity.size()), face.identity.data()),
      py::array_t<float>(static_cast<py::ssize_t>(face.expression.size()), face.expression.data()),
      py::array_t<float>({3, 3}, face.rotation), py::array_t<float>(3, face.translation_mm));
}

py::array_t<float> bound_eye_closure(const EyeNetwork& network, py::handle gray, py::handle landmarks_crop) {
  const View<float> crop = require<float>(gray, "gray", {{"S"}, {"S"}});
  if (crop.shape[0] != crop.shape[1] || crop.shape[0] < 2) refuse("gray", describe(gray), "(S, S), S > 1");
  EyeWorkspace workspace;
  double closure[2];
  predict_eye_closure(network, crop.data, static_cast<int32_t>(crop.shape[0]),
                      require_landmarks(landmarks_crop).data, &workspace, closure);
  py::array_t<float> out(2);
  for (int eye = 0; eye < 2; ++eye) out.mutable_data()[eye] = static_cast<float>(closure[eye]);
  return out;
}

// (score, reasons as bits).
py::tuple bound_quality(py::handle gray, py::handle landmarks_px, double yaw, double score,
                        double landmark_error, int64_t height, int64_t width) {
  const View<float> crop = require<float>(gray, "gray", {{"S"}, {"S"}});
  if (crop.shape[0] != crop.shape[1] || crop.shape[0] < 3) refuse("gray", describe(gray), "(S, S), S > 2");
  const Quality quality = assess_quality({crop.data, static_cast<int32_t>(crop.shape[0]),
                                          require_landmarks(landmarks_px).data, yaw, score, landmark_error,
                                          height, width});
  return py::make_tuple(quality.score, quality.reasons);
}

py::array_t<float> bound_assume_intrinsics(int64_t height, int64_t width, double field_of_view_deg,
                                           double min_focal_px) {
  require_range("height", height, 1, 1 << 20);
  require_range("width", width, 1, 1 << 20);
  py::array_t<float> out({3, 3});
  assume_intrinsics(height, width, field_of_view_deg, min_focal_px, out.mutable_data());
  return out;
}

// (rotation (3, 3), translation_mm (3,), landmarks_px (68, 2)) in the picture's camera.
py::tuple bound_camera_pose(const std::array<double, 4>& crop, py::handle rotation, py::handle translation_mm,
                            double focal_ratio, py::handle landmarks_face_mm, py::handle intrinsics) {
  FaceObservation face{};
  face.crop = to_crop(crop);
  std::copy_n(require<float>(rotation, "rotation", {{"3", 3}, {"3", 3}}).data, 9, face.rotation);
  std::copy_n(require<float>(translation_mm, "translation_mm", {{"3", 3}}).data, 3, face.translation_mm);
  const View<float> landmarks =
      require<float>(landmarks_face_mm, "landmarks_face_mm", {{"68", kLandmarks}, {"3", 3}});
  const View<float> k = require<float>(intrinsics, "intrinsics", {{"3", 3}, {"3", 3}});
  CameraPose pose;
  Workspace workspace;
  solve_camera_pose(face, focal_ratio, landmarks.data, k.data, workspace, &pose);
  return py::make_tuple(py::array_t<float>({3, 3}, pose.rotation), py::array_t<float>(3, pose.translation_mm),
                        py::array_t<float>({kLandmarks, 2}, pose.landmarks_px));
}

}  // namespace

void bind_pipeline(py::module_& m) {
  m.def("crop_from_detection", &bound_crop_from_detection);
  m.def("crop_from_landmarks", [](py::handle landmarks_px, std::optional<double> roll_deg) {
    const View<float> points = require_landmarks(landmarks_px);
    return as_tuple(roll_deg ? crop_from_landmarks(points.data, *roll_deg)
                             : crop_from_landmarks(points.data));
  });
  m.def("crop_matrix", &bound_crop_matrix);
  m.def("letterbox", &bound_letterbox);
  m.def("non_max_suppression", &bound_non_max_suppression);
  m.def("face_probability", &face_probability);
  m.def("face_box", &bound_face_box);
  m.def("same_face", [](py::handle a, py::handle b) {
    return same_face(require_landmarks(a, "a").data, require_landmarks(b, "b").data);
  });
  m.def("drop_hopeless", &bound_drop_hopeless);
  m.def("filter_candidates", &bound_filter_candidates);
  m.def("agree_on_landmarks", &bound_agree_on_landmarks);
  m.def("refine", &bound_refine);
  m.def("eye_closure", &bound_eye_closure);
  m.def("quality", &bound_quality);
  m.def("assume_intrinsics", &bound_assume_intrinsics);
  m.def("camera_pose", &bound_camera_pose);
  m.def("yaw_deg", [](py::handle rotation) {
    return yaw_deg(require<float>(rotation, "rotation", {{"3", 3}, {"3", 3}}).data);
  });
  m.attr("CROP_MARGIN") = kMargin;
  m.attr("DETECTION_TO_LANDMARKS") = kDetectionToLandmarks;
  m.attr("DETECTION_SHIFT_DOWN") = kDetectionShiftDown;
  m.attr("FOREHEAD") = kForehead;
  m.attr("EYE_ACROSS") = kEyeAcross;
  m.attr("EYE_DOWN") = kEyeDown;
  m.attr("EYE_WIDTH") = kEyeWidth;
  m.attr("EYE_CORNERS") = py::make_tuple(py::make_tuple(kEyeCorners[0][0], kEyeCorners[0][1]),
                                         py::make_tuple(kEyeCorners[1][0], kEyeCorners[1][1]));
  m.attr("SMALL_PX") = kSmallPx;
  m.attr("LARGE_PX") = kLargePx;
  m.attr("MOST_LOGIT") = kMostLogit;
  m.attr("USUAL_ERROR") = kUsualError;
}

}  // namespace facesdk::python
