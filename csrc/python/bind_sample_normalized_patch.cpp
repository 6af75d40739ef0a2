#include "ops/sample_normalized_patch/sample_normalized_patch.h"
#include "python/bindings.h"
#include "python/check.h"

namespace facesdk::python {
namespace {

constexpr int kMostSamples = 4096;

py::array_t<float> patch(py::handle gray, double center_x, double center_y, double right_x, double right_y,
                         bool mirrored, int across, int down, float flat) {
  const View<float> g = require<float>(gray, "gray", {{"S"}, {"S"}});
  if (g.shape[0] != g.shape[1] || g.shape[0] < 2) refuse("gray", describe(gray), "a square, float32 (S, S)");
  require_range("across", across, 2, kMostSamples);
  require_range("down", down, 2, kMostSamples);
  if (!(flat > 0.0f)) refuse("flat", std::to_string(flat), "a number above 0");
  py::array_t<float> out({down, across});
  sample_normalized_patch_cpu({g.data,
                               g.shape[0],
                               {center_x, center_y},
                               {right_x, right_y},
                               mirrored,
                               across,
                               down,
                               flat,
                               out.mutable_data()});
  return out;
}

}  // namespace

void bind_sample_normalized_patch(py::module_& m) { m.def("sample_normalized_patch", &patch); }

}  // namespace facesdk::python
