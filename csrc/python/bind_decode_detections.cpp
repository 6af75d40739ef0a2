#include <tuple>

#include "common/math_functions.h"
#include "ops/decode_detections/decode_detections.h"
#include "python/bindings.h"
#include "python/check.h"

namespace facesdk::python {
namespace {

constexpr int64_t kMostSide = 1 << 15;

// boxes, scores, points, roll_deg
using Found = std::tuple<Floats<'N', 4>, Floats<'N'>, Floats<'N', 5, 2>, Floats<'N'>>;

Found read(const Floats<'C', kCellNumbers>& raw, int64_t height, int64_t width, float threshold) {
  require_range("height", height, 1, kMostSide);
  require_range("width", width, 1, kMostSide);
  if (!(threshold > 0.0f && threshold < 1.0f)) refuse("threshold", std::to_string(threshold), "0 to 1");
  const View<float> r = require(raw, "raw", {{'C', num_detection_cells(height, width)}});
  const DecodeDetectionsParams p{r.data, height, width, math::log(threshold / (1.0f - threshold))};
  const int64_t count = count_detections(p);
  Found found{Floats<'N', 4>::empty({count, 4}), Floats<'N'>::empty({count}),
              Floats<'N', 5, 2>::empty({count, 5, 2}), Floats<'N'>::empty({count})};
  auto& [boxes, scores, points, roll] = found;
  decode_detections_cpu(p, {boxes.data(), scores.data(), points.data(), roll.data()});
  return found;
}

}  // namespace

void bind_decode_detections(py::module_& m) {
  m.def("decode_detections", &read, "raw"_a, "height"_a, "width"_a, "threshold"_a);
}

}  // namespace facesdk::python
