#include <tuple>

#include "ops/pose/pose.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

constexpr int kMostSteps = 1000;

// rotation, translation, landmarks in px of the picture
using Pose = std::tuple<Floats<3, 3>, Floats<3>, Floats<'N', 2>>;

Pose picture_pose(const Floats<3, 3>& rotation, const Floats<3>& translation, const Floats<'N', 3>& landmarks,
                  double center_x, double center_y, double side, double roll, double focal_ratio,
                  const Floats<3, 3>& intrinsics, int steps) {
  const View<float> r = require(rotation, "rotation");
  const View<float> m = require(translation, "translation");
  const View<float> l = require(landmarks, "landmarks");
  const View<float> k = require(intrinsics, "intrinsics");
  if (!(k.data[0] > 0.0f) || !(k.data[4] > 0.0f)) {
    refuse("intrinsics", "a focal length of 0, less or NaN", "focal lengths in pixels on the diagonal");
  }
  if (!(side > 0.0)) refuse("side", std::to_string(side), "a number above 0");
  if (!(focal_ratio > 0.0)) refuse("focal_ratio", std::to_string(focal_ratio), "a number above 0");
  require_range("steps", steps, 0, kMostSteps);
  Pose pose{Floats<3, 3>::empty({3, 3}), Floats<3>::empty({3}), Floats<'N', 2>::empty({l.shape[0], 2})};
  auto& [found, shift, px] = pose;
  PoseParams p{r.data, m.data, l.data,       l.shape[0],   {{center_x, center_y}, side, roll, focal_ratio},
               {},     steps,  found.data(), shift.data(), px.data()};
  for (int i = 0; i < 9; ++i) p.camera.k[i] = k.data[i];
  {
    const py::gil_scoped_release release;
    picture_pose_cpu(p, thread_workspace());
  }
  return pose;
}

Floats<3, 3> rotation_from_six(const Floats<6>& six) {
  const View<float> v = require(six, "six");
  Floats<3, 3> out = Floats<3, 3>::empty({3, 3});
  rotation_from_six_cpu(v.data, out.data());
  return out;
}

}  // namespace

void bind_pose(py::module_& m) {
  m.def("picture_pose", &picture_pose, "rotation"_a, "translation"_a, "landmarks"_a, "center_x"_a,
        "center_y"_a, "side"_a, "roll"_a, "focal_ratio"_a, "intrinsics"_a, "steps"_a);
  m.def("rotation_from_six", &rotation_from_six, "six"_a);
}

}  // namespace facesdk::python
