// Networks by themselves, whichever engine runs them.
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>

#include "nn/dense_network.h"
#include "nn/int8_network.h"
#include "nn/kernels.h"
#include "python/bind_assets.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/exclusive.h"
#include "python/python_network.h"

namespace facesdk::python {
namespace {

// A network prepared for pictures of one size, with the guard of its working memory.
class GuardedRun {
 public:
  GuardedRun(std::shared_ptr<const Network> network, int64_t height, int64_t width)
      : network_(std::move(network)), height_(height), width_(width) {
    require_range("height", height, 1, 1 << 14);
    require_range("width", width, 1, 1 << 14);
    const py::gil_scoped_release release;
    run_ = network_->prepare(static_cast<int32_t>(height), static_cast<int32_t>(width));
  }

  // An array for each output, for a network that takes rows of numbers.
  std::vector<Floats<'N', 'K'>> predict_rows(const Floats<'N', 'K'>& rows) {
    const int64_t numbers = network_->input_numbers();
    const View<float> values = require(rows, "rows", {{'K', numbers}});
    const Exclusive::Use use(&exclusive_);
    std::vector<std::vector<float>> out(network_->outputs().size());
    const auto count = static_cast<size_t>(values.shape[0]);
    {
      const py::gil_scoped_release release;
      const auto at_once = static_cast<size_t>(run_->capacity());
      for (size_t first = 0; first < count; first += at_once) {
        const size_t items = std::min(count - first, at_once);
        for (size_t i = 0; i < items; ++i) {
          std::copy_n(values.data + static_cast<int64_t>(first + i) * numbers, numbers,
                      run_->numbers(static_cast<int32_t>(i)));
        }
        run_->run(static_cast<int32_t>(items));
        append_outputs(items, &out);
      }
    }
    return to_arrays(out, count);
  }

  // An array for each output; with `parts` > 1 picture by picture, each in so many parts. Pictures have 3 or
  // 4 channels.
  std::vector<Floats<'N', 'K'>> predict(const Bytes<'N', 'H', 'W', 'C'>& pictures, int32_t parts) {
    require_range("parts", parts, 1, 1000);
    const View<uint8_t> pixels = require(pictures, "pictures", {{'H', height_}, {'W', width_}});
    const int64_t channels = pixels.shape[3];
    if (channels != 3 && channels != 4) refuse("pictures", describe(pixels.owner), "3 or 4 channels");
    const Exclusive::Use use(&exclusive_);
    const auto count = static_cast<size_t>(pixels.shape[0]), outputs = network_->outputs().size();
    std::vector<std::vector<float>> values(outputs);
    {
      const py::gil_scoped_release release;
      const size_t at_once = parts > 1 ? 1 : static_cast<size_t>(run_->capacity());
      for (size_t first = 0; first < count; first += at_once) {
        const size_t items = std::min(count - first, at_once);
        for (size_t i = 0; i < items; ++i) {
          fill(pixels.data, first + i, channels, run_->input(static_cast<int32_t>(i)));
        }
        if (parts == 1) run_->run(static_cast<int32_t>(items));
        for (int32_t part = 0; parts > 1 && part < parts; ++part) run_->run_part(part, parts);
        append_outputs(items, &values);
      }
    }
    return to_arrays(values, count);
  }

 private:
  void append_outputs(size_t items, std::vector<std::vector<float>>* values) const {
    for (size_t k = 0; k < values->size(); ++k) {
      const OutputView view = run_->output(static_cast<int32_t>(k));
      (*values)[k].insert((*values)[k].end(), view.data, view.data + static_cast<int64_t>(items) * view.size);
    }
  }

  static std::vector<Floats<'N', 'K'>> to_arrays(const std::vector<std::vector<float>>& values,
                                                 size_t count) {
    std::vector<Floats<'N', 'K'>> out;
    for (const std::vector<float>& all : values) {
      const auto size = static_cast<py::ssize_t>(count == 0 ? 0 : all.size() / count);
      out.push_back(Floats<'N', 'K'>::copy(all.data(), {static_cast<py::ssize_t>(count), size}));
    }
    return out;
  }

  void fill(const uint8_t* pictures, size_t item, int64_t channels, const PixelBuffer& to) const {
    const uint8_t* from = pictures + item * static_cast<size_t>(height_ * width_ * channels);
    for (int64_t y = 0; y < height_; ++y) {
      uint8_t* row = to.pixels + y * to.row_bytes;
      for (int64_t x = 0; x < width_; ++x, from += channels) std::copy_n(from, channels, row + 4 * x);
    }
  }

  std::shared_ptr<const Network> network_;
  int64_t height_, width_;
  std::unique_ptr<NetworkRun> run_;
  Exclusive exclusive_;
};

std::shared_ptr<Int8Network> open_int8(const SafetensorsFile& file, const std::string& kernels) {
  const std::shared_ptr<const Network> network =
      kernels.empty() ? load_int8_network(file.file) : load_int8_network(file.file, kernels);
  return std::const_pointer_cast<Int8Network>(std::static_pointer_cast<const Int8Network>(network));
}

std::vector<std::vector<int64_t>> shapes_of(const Int8Network& network) {
  std::vector<std::vector<int64_t>> shapes;
  for (const GraphOutput& output : network.graph().outputs) shapes.push_back(output.shape);
  return shapes;
}

}  // namespace

void bind_networks(py::module_& m) {
  py::class_<Network, std::shared_ptr<Network>> network(m, "Network");
  py::class_<GuardedRun>(m, "NetworkRun")
      .def("predict", &GuardedRun::predict, "pictures"_a, "parts"_a = 1)
      .def("predict_rows", &GuardedRun::predict_rows, "rows"_a);
  network.def_property_readonly("name", &Network::name)
      .def_property_readonly("backend", &Network::backend)
      .def_property_readonly("metadata", &Network::metadata)
      .def_property_readonly("outputs", &Network::outputs)
      .def_property_readonly("side", &Network::side)
      .def_property_readonly("input_numbers", &Network::input_numbers)
      .def(
          "prepare",
          [](const std::shared_ptr<Network>& self, int64_t height, int64_t width) {
            return std::make_unique<GuardedRun>(self, height, width);
          },
          "height"_a, "width"_a);
  py::class_<Int8Network, Network, std::shared_ptr<Int8Network>>(m, "Int8Network")
      .def(py::init(&open_int8), "file"_a, "kernels"_a = "")
      .def_property_readonly("output_shapes", &shapes_of)
      .def_property_readonly("kernels",
                             [](const Int8Network& self) { return std::string(self.graph().kernels->name); });
  m.def(
      "load_int8_network",
      [](const PathName& path) {
        return std::const_pointer_cast<Network>(load_int8_network(Safetensors::open(bytes_of(path))));
      },
      "path"_a);
  m.def(
      "load_dense_network",
      [](const PathName& path) {
        return std::const_pointer_cast<Network>(load_dense_network(*Safetensors::open(bytes_of(path))));
      },
      "path"_a);
  m.def("python_network", &make_python_network, "session"_a);
}

}  // namespace facesdk::python
