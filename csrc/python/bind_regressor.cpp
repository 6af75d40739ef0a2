// The regressor by itself: the stage of the chain that runs one network.
#include <memory>

#include "pipeline/regress.h"
#include "python/bindings.h"
#include "python/exclusive.h"
#include "python/frame_input.h"
#include "python/observations.h"

namespace facesdk::python {
namespace {

class RegressorStage {
 public:
  RegressorStage(std::shared_ptr<const Network> network, int32_t threads)
      : regressor_(std::move(network)), runs_(regressor_, require_threads(threads)) {}

  const Regressor& regressor() const { return regressor_; }

  // crops (N, 4): x, y of the centre and side in px of the picture, roll in degrees.
  Record predict(const Image& image, const Doubles<'N', 4>& crops, bool mirrored) {
    const ImageView view = to_image(image);
    const View<double> given = require(crops, "crops");
    const Exclusive::Use use(&exclusive_);
    faces_.resize(static_cast<size_t>(given.shape[0]));
    for (int64_t i = 0; i < given.shape[0]; ++i) {
      const double* row = given.data + 4 * i;
      if (!(row[2] > 0.0)) refuse("crops", "a side that is not above 0", "sides above 0");
      faces_[static_cast<size_t>(i)].crop = {{row[0], row[1]}, row[2], row[3]};
    }
    if (faces_.size() > 0) {
      const py::gil_scoped_release release;
      runs_.predict(view, mirrored, &faces_);
    }
    if (mirrored) {
      for (size_t i = 0; i < faces_.size(); ++i) faces_[i].gray.clear();
    }
    return predictions_to_dict(regressor_, faces_);
  }

  // crops (N, S, S, 3) uint8 RGB.
  Record predict_pixels(const Bytes<'N', 'S', 'S', 3>& crops) {
    const int64_t side = regressor_.input_size();
    const View<uint8_t> given = require(crops, "crops", {{'S', side}});
    const Exclusive::Use use(&exclusive_);
    faces_.resize(static_cast<size_t>(given.shape[0]));
    if (faces_.size() > 0) {
      const py::gil_scoped_release release;
      runs_.predict_pixels(given.data, &faces_);
    }
    return predictions_to_dict(regressor_, faces_);
  }

 private:
  Regressor regressor_;
  RegressorRuns runs_;
  ObservationList faces_;
  Exclusive exclusive_;
};

}  // namespace

void bind_regressor(py::module_& m) {
  py::class_<RegressorStage>(m, "Regressor")
      .def(py::init<std::shared_ptr<Network>, int32_t>(), "network"_a, "threads"_a)
      .def_property_readonly("input_size", [](const RegressorStage& s) { return s.regressor().input_size(); })
      .def_property_readonly("focal_ratio",
                             [](const RegressorStage& s) { return s.regressor().focal_ratio(); })
      .def("predict", &RegressorStage::predict, "image"_a, "crops"_a, "mirrored"_a)
      .def("predict_pixels", &RegressorStage::predict_pixels, "crops"_a);
}

}  // namespace facesdk::python
