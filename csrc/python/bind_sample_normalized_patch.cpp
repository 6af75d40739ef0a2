#include "ops/sample_normalized_patch/sample_normalized_patch.h"
#include "python/bindings.h"
#include "python/check.h"

namespace facesdk::python {
namespace {

constexpr int kMostSamples = 4096;

using Patch = Floats<'D', 'A'>;

Patch patch(const Floats<'S', 'S'>& gray, double center_x, double center_y, double right_x, double right_y,
            bool mirrored, int across, int down, float flat) {
  const View<float> g = require(gray, "gray");
  if (g.shape[0] < 2) refuse("gray", describe(gray), "float32 (S, S), S > 1");
  require_range("across", across, 2, kMostSamples);
  require_range("down", down, 2, kMostSamples);
  if (!(flat > 0.0f)) refuse("flat", std::to_string(flat), "a number above 0");
  Patch out = Patch::empty({down, across});
  sample_normalized_patch_cpu({g.data,
                               g.shape[0],
                               {center_x, center_y},
                               {right_x, right_y},
                               mirrored,
                               across,
                               down,
                               flat,
                               out.data()});
  return out;
}

}  // namespace

void bind_sample_normalized_patch(py::module_& m) {
  m.def("sample_normalized_patch", &patch, "gray"_a, "center_x"_a, "center_y"_a, "right_x"_a, "right_y"_a,
        "mirrored"_a, "across"_a, "down"_a, "flat"_a);
}

}  // namespace facesdk::python
