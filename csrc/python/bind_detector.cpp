// The detector by itself: the stage of the chain that runs one network.
#include <algorithm>
#include <memory>
#include <tuple>

#include "pipeline/detect.h"
#include "python/bindings.h"
#include "python/exclusive.h"
#include "python/frame_input.h"

namespace facesdk::python {
namespace {

// boxes, scores, points, roll_deg
using Found = std::tuple<Floats<'N', 4>, Floats<'N'>, Floats<'N', 5, 2>, Floats<'N'>>;

class DetectorStage {
 public:
  DetectorStage(std::shared_ptr<const Network> network, int32_t long_side, float min_score, float max_overlap,
                bool single, bool retry)
      : network_(std::move(network)), settings_{long_side, min_score, max_overlap, single, retry} {
    require_range("long_side", long_side, 64, 4096);
    if (!(min_score > 0.0f && min_score < 1.0f)) refuse("min_score", "no such score", "between 0 and 1");
    if (!(max_overlap > 0.0f && max_overlap < 1.0f))
      refuse("max_overlap", "no such value", "between 0 and 1");
  }

  // The most prominent face first.
  Found detect(const Image& image, bool fast) {
    const ImageView view = to_image(image);
    const Exclusive::Use use(&exclusive_);
    {
      const py::gil_scoped_release release;
      const auto stage = fast ? &facesdk::detect_fast : &facesdk::detect;
      stage(*network_, settings_, view, &workspace_, &found_);
    }
    const auto count = static_cast<py::ssize_t>(found_.size());
    Found found{Floats<'N', 4>::empty({count, 4}), Floats<'N'>::empty({count}),
                Floats<'N', 5, 2>::empty({count, 5, 2}), Floats<'N'>::empty({count})};
    float* const boxes = std::get<0>(found).data();
    float* const scores = std::get<1>(found).data();
    float* const points = std::get<2>(found).data();
    float* const rolls = std::get<3>(found).data();
    for (py::ssize_t i = 0; i < count; ++i) {
      const Detection& face = found_[static_cast<size_t>(i)];
      std::copy_n(face.box, 4, boxes + 4 * i);
      std::copy_n(face.points, 10, points + 10 * i);
      scores[i] = face.score;
      rolls[i] = static_cast<float>(face.roll_deg);
    }
    return found;
  }

 private:
  std::shared_ptr<const Network> network_;
  DetectorSettings settings_;
  DetectorWorkspace workspace_;
  std::vector<Detection> found_;
  Exclusive exclusive_;
};

}  // namespace

void bind_detector(py::module_& m) {
  py::class_<DetectorStage>(m, "Detector")
      .def(py::init<std::shared_ptr<Network>, int32_t, float, float, bool, bool>(), "network"_a,
           "long_side"_a, "min_score"_a, "max_overlap"_a, "single"_a, "retry"_a)
      .def("detect", &DetectorStage::detect, "image"_a, "fast"_a);
}

}  // namespace facesdk::python
