#include "ops/pose/pose.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

constexpr int kMostSteps = 1000;

py::tuple picture_pose(py::handle rotation, py::handle translation, py::handle landmarks, double center_x,
                       double center_y, double side, double roll, double focal_ratio, py::handle intrinsics,
                       int steps) {
  const View<float> r = require<float>(rotation, "rotation", {{"3", 3}, {"3", 3}});
  const View<float> m = require<float>(translation, "translation", {{"3", 3}});
  const View<float> l = require<float>(landmarks, "landmarks", {{"N"}, {"3", 3}});
  const View<float> k = require<float>(intrinsics, "intrinsics", {{"3", 3}, {"3", 3}});
  if (!(k.data[0] > 0.0f) || !(k.data[4] > 0.0f)) {
    refuse("intrinsics", "a focal length of 0, less or NaN", "focal lengths in pixels on the diagonal");
  }
  if (!(side > 0.0)) refuse("side", std::to_string(side), "a number above 0");
  if (!(focal_ratio > 0.0)) refuse("focal_ratio", std::to_string(focal_ratio), "a number above 0");
  require_range("steps", steps, 0, kMostSteps);
  py::array_t<float> found({3, 3}), shift(3), px({l.shape[0], int64_t{2}});
  PoseParams p{r.data,
               m.data,
               l.data,
               l.shape[0],
               {{center_x, center_y}, side, roll, focal_ratio},
               {},
               steps,
               found.mutable_data(),
               shift.mutable_data(),
               px.mutable_data()};
  for (int i = 0; i < 9; ++i) p.camera.k[i] = k.data[i];
  {
    const py::gil_scoped_release release;
    picture_pose_cpu(p, thread_workspace());
  }
  return py::make_tuple(found, shift, px);
}

py::array_t<float> rotation_from_six(py::handle six) {
  const View<float> v = require<float>(six, "six", {{"6", 6}});
  py::array_t<float> out({3, 3});
  rotation_from_six_cpu(v.data, out.mutable_data());
  return out;
}

}  // namespace

void bind_pose(py::module_& m) {
  m.def("picture_pose", &picture_pose);
  m.def("rotation_from_six", &rotation_from_six);
}

}  // namespace facesdk::python
