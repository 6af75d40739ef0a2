#include "ops/landmarks/landmarks.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

constexpr int kPoints = 68;

py::tuple crop_landmarks(py::handle mean, py::handle bases, py::handle identity, py::handle expression,
                         py::handle rotation, py::handle translation, double center_x, double center_y,
                         double side, double roll, double focal_ratio) {
  const View<float> mu = require<float>(mean, "mean", {{"N"}, {"3", 3}});
  const int64_t count = mu.shape[0];
  const View<float> b = require<float>(bases, "bases", {{"I + E"}, {"N", count}, {"3", 3}});
  const View<float> i = require<float>(identity, "identity", {{"I"}});
  const View<float> e = require<float>(expression, "expression", {{"E", b.shape[0] - i.shape[0]}});
  const View<float> r = require<float>(rotation, "rotation", {{"3", 3}, {"3", 3}});
  const View<float> m = require<float>(translation, "translation", {{"3", 3}});
  py::array_t<float> crop({count, int64_t{2}}), picture({count, int64_t{2}});
  const CropLandmarksParams p{mu.data,
                              b.data,
                              i.data,
                              e.data,
                              count,
                              i.shape[0],
                              e.shape[0],
                              r.data,
                              m.data,
                              {{center_x, center_y}, side, roll, focal_ratio},
                              crop.mutable_data(),
                              picture.mutable_data()};
  {
    const py::gil_scoped_release release;
    crop_landmarks_cpu(p, thread_workspace());
  }
  return py::make_tuple(crop, picture);
}

py::array_t<float> mesh_points(py::handle verts, py::handle corners, py::handle weights) {
  const View<float> v = require<float>(verts, "verts", {{"V"}, {"3", 3}});
  const View<int32_t> c = require<int32_t>(corners, "corners", {{"N"}, {"3", 3}});
  const View<float> w = require<float>(weights, "weights", {{"N", c.shape[0]}, {"3", 3}});
  require_indices("corners", c.data, 3 * c.shape[0], v.shape[0]);
  py::array_t<float> out({c.shape[0], int64_t{3}});
  mesh_points_cpu(v.data, c.data, w.data, c.shape[0], out.mutable_data());
  return out;
}

double mean_distance(py::handle a, py::handle b) {
  const View<float> first = require<float>(a, "a", {{"N"}, {"2", 2}});
  const View<float> second = require<float>(b, "b", {{"N", first.shape[0]}, {"2", 2}});
  if (first.shape[0] == 0) refuse("a", describe(a), "at least one point");
  return mean_distance_cpu(first.data, second.data, first.shape[0]);
}

py::tuple as_tuple(const Box& box) { return py::make_tuple(box.left, box.top, box.right, box.bottom); }

py::tuple oriented_bbox(py::handle points, double angle) {
  const View<float> p = require<float>(points, "points", {{"N"}, {"2", 2}});
  if (p.shape[0] == 0) refuse("points", describe(points), "at least one point");
  return as_tuple(oriented_bbox_cpu(p.data, p.shape[0], angle));
}

py::tuple landmark_roll_and_bbox(py::handle landmarks, double forehead) {
  const View<float> p = require<float>(landmarks, "landmarks", {{"68", kPoints}, {"2", 2}});
  const RollAndBox frame = landmark_roll_and_bbox_cpu(p.data, forehead);
  return py::make_tuple(frame.roll, as_tuple(frame.box));
}

}  // namespace

void bind_landmarks(py::module_& m) {
  m.def("crop_landmarks", &crop_landmarks);
  m.def("landmark_roll_and_bbox", &landmark_roll_and_bbox);
  m.def("mean_distance", &mean_distance);
  m.def("mesh_points", &mesh_points);
  m.def("oriented_bbox", &oriented_bbox);
}

}  // namespace facesdk::python
