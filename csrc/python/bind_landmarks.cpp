#include <tuple>

#include "ops/landmarks/landmarks.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

constexpr int kPoints = 68;

using Points = Floats<'N', 2>;

// points in the crop, points in the picture
std::tuple<Points, Points> crop_landmarks(const Floats<'N', 3>& mean, const Floats<'K', 'N', 3>& bases,
                                          const Floats<'I'>& identity, const Floats<'E'>& expression,
                                          const Floats<3, 3>& rotation, const Floats<3>& translation,
                                          double center_x, double center_y, double side, double roll,
                                          double focal_ratio) {
  const View<float> mu = require(mean, "mean");
  const int64_t count = mu.shape[0];
  const View<float> b = require(bases, "bases", {{'N', count}});
  const View<float> i = require(identity, "identity");
  const View<float> e = require(expression, "expression", {{'E', b.shape[0] - i.shape[0]}});
  const View<float> r = require(rotation, "rotation");
  const View<float> m = require(translation, "translation");
  Points crop = Points::empty({count, 2}), picture = Points::empty({count, 2});
  const CropLandmarksParams p{
      mu.data,     b.data,        i.data, e.data, count,
      i.shape[0],  e.shape[0],    r.data, m.data, {{center_x, center_y}, side, roll, focal_ratio},
      crop.data(), picture.data()};
  {
    const py::gil_scoped_release release;
    crop_landmarks_cpu(p, thread_workspace());
  }
  return {crop, picture};
}

Floats<'N', 3> mesh_points(const Floats<'V', 3>& verts, const Ints<'N', 3>& corners,
                           const Floats<'N', 3>& weights) {
  const View<float> v = require(verts, "verts");
  const View<int32_t> c = require(corners, "corners");
  const View<float> w = require(weights, "weights", {{'N', c.shape[0]}});
  require_indices("corners", c.data, 3 * c.shape[0], v.shape[0]);
  Floats<'N', 3> out = Floats<'N', 3>::empty({c.shape[0], 3});
  mesh_points_cpu(v.data, c.data, w.data, c.shape[0], out.data());
  return out;
}

double mean_distance(const Points& a, const Points& b) {
  const View<float> first = require(a, "a");
  const View<float> second = require(b, "b", {{'N', first.shape[0]}});
  if (first.shape[0] == 0) refuse("a", describe(a), "at least one point");
  return mean_distance_cpu(first.data, second.data, first.shape[0]);
}

using BoxSides = std::tuple<double, double, double, double>;  // left, top, right, bottom

BoxSides as_tuple(const Box& box) { return {box.left, box.top, box.right, box.bottom}; }

BoxSides oriented_bbox(const Points& points, double angle) {
  const View<float> p = require(points, "points");
  if (p.shape[0] == 0) refuse("points", describe(points), "at least one point");
  return as_tuple(oriented_bbox_cpu(p.data, p.shape[0], angle));
}

std::tuple<double, BoxSides> landmark_roll_and_bbox(const Floats<kPoints, 2>& landmarks, double forehead) {
  const View<float> p = require(landmarks, "landmarks");
  const RollAndBox frame = landmark_roll_and_bbox_cpu(p.data, forehead);
  return {frame.roll, as_tuple(frame.box)};
}

}  // namespace

void bind_landmarks(py::module_& m) {
  m.def("crop_landmarks", &crop_landmarks, "mean"_a, "bases"_a, "identity"_a, "expression"_a, "rotation"_a,
        "translation"_a, "center_x"_a, "center_y"_a, "side"_a, "roll"_a, "focal_ratio"_a);
  m.def("landmark_roll_and_bbox", &landmark_roll_and_bbox, "landmarks"_a, "forehead"_a);
  m.def("mean_distance", &mean_distance, "a"_a, "b"_a);
  m.def("mesh_points", &mesh_points, "verts"_a, "corners"_a, "weights"_a);
  m.def("oriented_bbox", &oriented_bbox, "points"_a, "angle"_a);
}

}  // namespace facesdk::python
