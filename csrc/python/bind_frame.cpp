// The faces of a frame for Python, field by field.
#include <pybind11/stl.h>

#include <optional>
#include <tuple>

#include "pipeline/occlusion.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/frame.h"

namespace facesdk::python {
namespace {

size_t face_of(Frame& frame, int64_t face) {
  require_range("face", face, 0, frame.result().count - 1);
  return static_cast<size_t>(face);
}

// A copy of one face's row; the row's size is given, or follows from the number of faces.
template <auto kValues, auto... kAxes>
Array<float, kAxes...> row(Frame& frame, int64_t face, std::vector<py::ssize_t> shape) {
  const size_t i = face_of(frame, face);
  const std::vector<float>& values = frame.result().*kValues;
  const size_t size = values.size() / static_cast<size_t>(frame.result().count);
  if (shape.empty()) shape = {static_cast<py::ssize_t>(size)};
  return Array<float, kAxes...>::copy(values.data() + i * size, std::move(shape));
}

template <auto kValues>
Floats<'K'> coefficients(Frame& frame, int64_t face) {
  return row<kValues, 'K'>(frame, face, {});
}

Floats<'V', 3> verts_face_mm(const py::object& self, int64_t face) {
  Frame& frame = self.cast<Frame&>();
  const size_t i = face_of(frame, face);
  std::vector<float>& values = frame.result().verts_face_mm;
  const size_t size = values.size() / static_cast<size_t>(frame.result().count);
  return Floats<'V', 3>::view(values.data() + i * size, {static_cast<py::ssize_t>(size / 3), 3}, self);
}

std::optional<Floats<kLandmarks>> landmark_error_px(Frame& frame, int64_t face) {
  if (frame.result().landmark_error_px.empty()) return std::nullopt;
  return row<&FrameResult::landmark_error_px, kLandmarks>(frame, face, {kLandmarks});
}

std::optional<int64_t> track(Frame& frame, int64_t face) {
  const int64_t number = frame.result().tracks[face_of(frame, face)];
  return number < 0 ? std::nullopt : std::optional<int64_t>(number);
}

// The fields of a Pose.
Record pose(Frame& frame, int64_t face) {
  Record out;
  out["matrix"] = row<&FrameResult::rotation, 3, 3>(frame, face, {3, 3});
  out["translation_mm"] = row<&FrameResult::translation_mm, 3>(frame, face, {3});
  out["intrinsics"] = Floats<3, 3>::copy(frame.result().intrinsics, {3, 3});
  out["metric"] = frame.result().metric;
  return out;
}

// (score, reasons as bits).
std::tuple<double, uint32_t> quality(Frame& frame, int64_t face) {
  const size_t i = face_of(frame, face);
  return {frame.result().quality[i], frame.result().reasons[i]};
}

// What is measured of the cover of one face; None where nothing is.
std::optional<Record> occlusion(Frame& frame, int64_t face) {
  const size_t i = face_of(frame, face);
  if (frame.result().occluded_share.empty()) return std::nullopt;
  const Occlusion& one = frame.occlusion(i);
  const py::ssize_t side = frame.mask_side();
  Record out;
  out["share"] = one.share;
  out["chance"] = Bytes<'S', 'S'>::copy(one.chance.data(), {side, side});
  out["outline"] = Bytes<'C', 'C'>::copy(one.outline.data(), {kRegionCells, kRegionCells});
  out["matrix"] = Floats<2, 3>::copy(one.matrix, {2, 3});
  if (one.completion.made) {
    out["completion"] = py::make_tuple(Bytes<'S', 'S', 3>::copy(one.completion.rgb.data(), {side, side, 3}),
                                       Bytes<'S', 'S'>::copy(one.completion.generated.data(), {side, side}));
  }
  out["expression_observed"] = coefficients<&FrameResult::expression_observed>(frame, face);
  return out;
}

py::typing::Dict<py::str, py::float_> timings_ms(Frame& frame) {
  constexpr const char* kStages[] = {"detect", "network",   "refine",     "decode",
                                     "camera", "occlusion", "completion", "quality"};
  py::typing::Dict<py::str, py::float_> out;
  for (int stage = 0; stage < static_cast<int>(Stage::kCount); ++stage) {
    out[kStages[stage]] = frame.result().clock.ms(static_cast<Stage>(stage));
  }
  return out;
}

}  // namespace

void bind_frame(py::module_& m) {
  using R = FrameResult;
  py::class_<Frame>(m, "Frame")
      .def_property_readonly("count", [](Frame& frame) { return frame.result().count; })
      .def("timings_ms", &timings_ms)
      .def(
          "box_px", [](Frame& f, int64_t face) { return row<&R::boxes_px, 4>(f, face, {4}); }, "face"_a)
      .def(
          "score", [](Frame& f, int64_t face) { return f.result().scores[face_of(f, face)]; }, "face"_a)
      .def("quality", &quality, "face"_a)
      .def("track", &track, "face"_a)
      .def("identity", &coefficients<&R::identity>, "face"_a)
      .def("albedo", &coefficients<&R::albedo>, "face"_a)
      .def("expression", &coefficients<&R::expression>, "face"_a)
      .def(
          "sh", [](Frame& f, int64_t face) { return row<&R::sh, 9, 3>(f, face, {9, 3}); }, "face"_a)
      .def("pose", &pose, "face"_a)
      .def(
          "landmarks_px",
          [](Frame& f, int64_t face) {
            return row<&R::landmarks_px, kLandmarks, 2>(f, face, {kLandmarks, 2});
          },
          "face"_a)
      .def("landmark_error_px", &landmark_error_px, "face"_a)
      .def("verts_face_mm", &verts_face_mm, "face"_a)
      .def("occlusion", &occlusion, "face"_a);
}

}  // namespace facesdk::python
