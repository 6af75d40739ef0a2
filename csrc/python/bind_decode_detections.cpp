#include "common/math_functions.h"
#include "ops/decode_detections/decode_detections.h"
#include "python/bindings.h"
#include "python/check.h"

namespace facesdk::python {
namespace {

constexpr int64_t kMostSide = 1 << 15;

py::tuple read(py::handle raw, int64_t height, int64_t width, float threshold) {
  require_range("height", height, 1, kMostSide);
  require_range("width", width, 1, kMostSide);
  if (!(threshold > 0.0f && threshold < 1.0f)) refuse("threshold", std::to_string(threshold), "0 to 1");
  const View<float> r =
      require<float>(raw, "raw", {{"C", num_detection_cells(height, width)}, {"15", kCellNumbers}});
  const DecodeDetectionsParams p{r.data, height, width, math::log(threshold / (1.0f - threshold))};
  const int64_t count = count_detections(p);
  py::array_t<float> boxes({count, int64_t{4}}), scores(count), points({count, int64_t{5}, int64_t{2}}),
      roll(count);
  decode_detections_cpu(
      p, {boxes.mutable_data(), scores.mutable_data(), points.mutable_data(), roll.mutable_data()});
  return py::make_tuple(boxes, scores, points, roll);
}

}  // namespace

void bind_decode_detections(py::module_& m) { m.def("decode_detections", &read); }

}  // namespace facesdk::python
