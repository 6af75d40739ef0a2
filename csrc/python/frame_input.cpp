#include "python/frame_input.h"

#include <algorithm>

namespace facesdk::python {

ImageView to_image(const Image& image) {
  constexpr int64_t kMostSide = 1 << 20;
  const View<uint8_t> pixels = require(image, "image");
  require_range("height", pixels.shape[0], 1, kMostSide);
  require_range("width", pixels.shape[1], 1, kMostSide);
  return {pixels.data, pixels.shape[0], pixels.shape[1]};
}

bool is_picture(py::handle image, double max_pixels) {
  if (Py_TYPE(image.ptr()) != py::detail::npy_api::get().PyArray_Type_) return false;
  if (!py::isinstance<py::array_t<uint8_t, py::array::c_style>>(image)) return false;
  const auto pixels = py::reinterpret_borrow<py::array>(image);
  if (pixels.ndim() != 3 || pixels.shape(2) != 3) return false;
  const auto size = static_cast<double>(pixels.shape(0)) * static_cast<double>(pixels.shape(1));
  return size >= 1.0 && size <= max_pixels;
}

std::vector<Detection> to_detections(const GivenDetections& given) {
  if (given.size() != 4) refuse("detections", describe(given), "(boxes, scores, points, roll_deg)");
  const View<float> boxes = require(Floats<'N', 4>(given[0]), "boxes");
  const int64_t count = boxes.shape[0];
  const View<float> scores = require(Floats<'N'>(given[1]), "scores", {{'N', count}});
  const bool has_points = !given[2].is_none(), has_rolls = !given[3].is_none();
  View<float> points{}, rolls{};
  if (has_points) points = require(Floats<'N', 5, 2>(given[2]), "points", {{'N', count}});
  if (has_rolls) rolls = require(Floats<'N'>(given[3]), "roll_deg", {{'N', count}});
  std::vector<Detection> out(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    Detection& face = out[static_cast<size_t>(i)];
    face = {};
    std::copy_n(boxes.data + 4 * i, 4, face.box);
    face.score = scores.data[i];
    face.has_points = has_points, face.has_roll = has_rolls;
    if (has_points) std::copy_n(points.data + 10 * i, 10, face.points);
    if (has_rolls) face.roll_deg = rolls.data[i];
  }
  return out;
}

}  // namespace facesdk::python
