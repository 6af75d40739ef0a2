// Networks by themselves, and the two stages that run one: detect and regress.
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>

#include "pipeline/detect.h"
#include "pipeline/regress.h"
#include "python/bindings.h"
#include "python/exclusive.h"
#include "python/frame_input.h"
#include "python/observations.h"

namespace facesdk::python {
namespace {

// A network prepared for pictures of one size.
class PreparedNetwork {
 public:
  PreparedNetwork(std::shared_ptr<const Network> network, int32_t height, int32_t width)
      : network_(std::move(network)), height_(height), width_(width) {
    require_range("height", height, 1, 1 << 14);
    require_range("width", width, 1, 1 << 14);
    const py::gil_scoped_release release;
    run_ = network_->prepare(height, width);
  }

  // Pictures (N, H, W, 3) uint8 -> (N, size) float32 for each output.
  py::list predict(py::handle pictures) {
    const View<uint8_t> pixels =
        require<uint8_t>(pictures, "pictures", {{"N"}, {"H", height_}, {"W", width_}, {"3", 3}});
    const Exclusive::Use use(&exclusive_);
    const auto count = static_cast<size_t>(pixels.shape[0]), outputs = network_->outputs().size();
    std::vector<std::vector<float>> values(outputs);
    {
      const py::gil_scoped_release release;
      for (size_t first = 0; first < count; first += static_cast<size_t>(run_->capacity())) {
        const size_t items = std::min(count - first, static_cast<size_t>(run_->capacity()));
        for (size_t i = 0; i < items; ++i) fill(pixels.data, first + i, run_->input(static_cast<int32_t>(i)));
        run_->run(static_cast<int32_t>(items));
        for (size_t k = 0; k < outputs; ++k) {
          const OutputView view = run_->output(static_cast<int32_t>(k));
          values[k].insert(values[k].end(), view.data, view.data + static_cast<int64_t>(items) * view.size);
        }
      }
    }
    py::list out;
    for (const std::vector<float>& all : values) {
      const auto size = static_cast<py::ssize_t>(count == 0 ? 0 : all.size() / count);
      out.append(py::array_t<float>({static_cast<py::ssize_t>(count), size}, all.data()));
    }
    return out;
  }

 private:
  void fill(const uint8_t* pictures, size_t item, const PixelBuffer& to) const {
    const uint8_t* from = pictures + item * static_cast<size_t>(height_) * static_cast<size_t>(width_) * 3;
    for (int32_t y = 0; y < height_; ++y) {
      uint8_t* row = to.pixels + y * to.row_bytes;
      for (int32_t x = 0; x < width_; ++x, from += 3) std::copy_n(from, 3, row + 4 * x);
    }
  }

  std::shared_ptr<const Network> network_;
  int32_t height_, width_;
  std::unique_ptr<NetworkRun> run_;
  Exclusive exclusive_;
};

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

  // (boxes (N, 4), scores (N,), points (N, 5, 2), roll_deg (N,)), the most prominent face first.
  py::tuple detect(py::handle image, bool fast) {
    const ImageView view = to_image(image);
    const Exclusive::Use use(&exclusive_);
    {
      const py::gil_scoped_release release;
      const auto stage = fast ? &facesdk::detect_fast : &facesdk::detect;
      stage(*network_, settings_, view, &workspace_, &found_);
    }
    const auto count = static_cast<py::ssize_t>(found_.size());
    py::array_t<float> boxes({count, py::ssize_t{4}}), scores(count),
        points({count, py::ssize_t{5}, py::ssize_t{2}}), rolls(count);
    for (py::ssize_t i = 0; i < count; ++i) {
      const Detection& face = found_[static_cast<size_t>(i)];
      std::copy_n(face.box, 4, boxes.mutable_data() + 4 * i);
      std::copy_n(face.points, 10, points.mutable_data() + 10 * i);
      scores.mutable_data()[i] = face.score;
      rolls.mutable_data()[i] = static_cast<float>(face.roll_deg);
    }
    return py::make_tuple(boxes, scores, points, rolls);
  }

 private:
  std::shared_ptr<const Network> network_;
  DetectorSettings settings_;
  DetectorWorkspace workspace_;
  std::vector<Detection> found_;
  Exclusive exclusive_;
};

class RegressorStage {
 public:
  RegressorStage(std::shared_ptr<const Network> network, int32_t threads)
      : regressor_(std::move(network)), runs_(regressor_, require_threads(threads)) {}

  const Regressor& regressor() const { return regressor_; }

  // crops (N, 4): x, y of the centre and side in px of the picture, roll in degrees.
  py::dict predict(py::handle image, py::handle crops, bool mirrored) {
    const ImageView view = to_image(image);
    const View<double> given = require<double>(crops, "crops", {{"N"}, {"4", 4}});
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
  py::dict predict_pixels(py::handle crops) {
    const int64_t side = regressor_.input_size();
    const View<uint8_t> given = require<uint8_t>(crops, "crops", {{"N"}, {"S", side}, {"S", side}, {"3", 3}});
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

void bind_networks(py::module_& m) {
  py::class_<Network, std::shared_ptr<Network>>(m, "Network")
      .def_property_readonly("name", &Network::name)
      .def_property_readonly("backend", &Network::backend)
      .def_property_readonly("metadata", &Network::metadata)
      .def_property_readonly("outputs", &Network::outputs)
      .def_property_readonly("side", &Network::side);
  py::class_<PreparedNetwork>(m, "PreparedNetwork")
      .def(py::init<std::shared_ptr<Network>, int32_t, int32_t>())
      .def("predict", &PreparedNetwork::predict);
  py::class_<DetectorStage>(m, "Detector")
      .def(py::init<std::shared_ptr<Network>, int32_t, float, float, bool, bool>())
      .def("detect", &DetectorStage::detect);
  py::class_<RegressorStage>(m, "Regressor")
      .def(py::init<std::shared_ptr<Network>, int32_t>())
      .def_property_readonly("input_size", [](const RegressorStage& s) { return s.regressor().input_size(); })
      .def_property_readonly("focal_ratio",
                             [](const RegressorStage& s) { return s.regressor().focal_ratio(); })
      .def("predict", &RegressorStage::predict)
      .def("predict_pixels", &RegressorStage::predict_pixels);
}

}  // namespace facesdk::python
