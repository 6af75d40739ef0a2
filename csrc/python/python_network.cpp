#include "python/python_network.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "common/error.h"

namespace facesdk::python {
namespace {

namespace py = pybind11;

// Python objects must be released under the GIL, whichever thread drops them.
template <typename T>
std::shared_ptr<T> held(T object) {
  return std::shared_ptr<T>(new T(std::move(object)), [](T* value) {
    const py::gil_scoped_acquire acquire;
    delete value;
  });
}

class PythonRun final : public NetworkRun {
 public:
  PythonRun(std::shared_ptr<py::object> session, size_t outputs, int32_t capacity, int32_t height,
            int32_t width)
      : session_(std::move(session)), capacity_(capacity), height_(height), width_(width) {
    const py::gil_scoped_acquire acquire;
    py::array_t<uint8_t> pixels({capacity, height, width, int32_t{4}});
    data_ = pixels.mutable_data();
    std::fill_n(data_, pixels.size(), uint8_t{0});
    pixels_ = held(std::move(pixels));
    results_ = held(py::list());
    views_.resize(outputs);
  }

  int32_t capacity() const override { return capacity_; }

  PixelBuffer input(int32_t item) override {
    const int64_t row = 4 * static_cast<int64_t>(width_);
    return {data_ + item * row * height_, row, height_, width_};
  }

  void run(int32_t items) override {
    const py::gil_scoped_acquire acquire;
    const py::object batch = (*pixels_)[py::slice(0, items, 1)];
    *results_ = py::list(session_->attr("run")(batch));
    if (results_->size() != views_.size())
      throw Error(ErrorCode::kAsset, "a network returned too few outputs");
    for (size_t i = 0; i < views_.size(); ++i) {
      using Floats = py::array_t<float, py::array::c_style | py::array::forcecast>;
      const Floats values = Floats::ensure((*results_)[i]);
      if (!values || values.ndim() < 1 || values.shape(0) != items) {
        throw Error(ErrorCode::kAsset, "a network returned an output of another batch size");
      }
      (*results_)[i] = values;
      views_[i] = {values.data(), values.size() / items};
    }
  }

  OutputView output(int32_t index) const override { return views_[static_cast<size_t>(index)]; }

 private:
  std::shared_ptr<py::object> session_;
  std::shared_ptr<py::array_t<uint8_t>> pixels_;
  std::shared_ptr<py::list> results_;  // keeps the arrays of `views_`
  uint8_t* data_;
  int32_t capacity_, height_, width_;
  std::vector<OutputView> views_;
};

class PythonNetwork final : public Network {
 public:
  explicit PythonNetwork(py::object session)
      : name_(session.attr("name").cast<std::string>()),
        backend_(session.attr("backend").cast<std::string>()),
        metadata_(session.attr("metadata").cast<std::string>()),
        outputs_(session.attr("outputs").cast<std::vector<std::string>>()),
        side_(session.attr("side").cast<int32_t>()),
        capacity_(session.attr("capacity").cast<int32_t>()),
        session_(held(std::move(session))) {}

  const std::string& name() const override { return name_; }
  const std::string& backend() const override { return backend_; }
  const std::string& metadata() const override { return metadata_; }
  const std::vector<std::string>& outputs() const override { return outputs_; }
  int32_t side() const override { return side_; }
  std::unique_ptr<NetworkRun> prepare(int32_t height, int32_t width) const override {
    return std::make_unique<PythonRun>(session_, outputs_.size(), capacity_, height, width);
  }

 private:
  std::string name_, backend_, metadata_;
  std::vector<std::string> outputs_;
  int32_t side_, capacity_;
  std::shared_ptr<py::object> session_;
};

}  // namespace

std::shared_ptr<Network> make_python_network(py::object session) {
  return std::make_shared<PythonNetwork>(std::move(session));
}

}  // namespace facesdk::python
