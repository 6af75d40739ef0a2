#include "python/python_network.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstring>

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

// What the networks' Python side is given: pictures (N, H, W, 4) uint8, or rows of numbers (N, K) float32.
class PythonRun final : public NetworkRun {
 public:
  PythonRun(std::shared_ptr<py::object> session, size_t outputs, std::vector<py::ssize_t> shape,
            bool pictures)
      : session_(std::move(session)), shape_(std::move(shape)) {
    const py::gil_scoped_acquire acquire;
    py::array batch(pictures ? py::dtype::of<uint8_t>() : py::dtype::of<float>(), shape_);
    std::memset(batch.mutable_data(), 0, static_cast<size_t>(batch.nbytes()));
    (pictures ? pixels_ : floats_) = batch.mutable_data();
    batch_ = held(std::move(batch));
    results_ = held(py::list());
    views_.resize(outputs);
  }

  int32_t capacity() const override { return static_cast<int32_t>(shape_[0]); }

  PixelBuffer input(int32_t item) override {
    if (pixels_ == nullptr) return NetworkRun::input(item);
    const py::ssize_t row = 4 * shape_[2];
    return {static_cast<uint8_t*>(pixels_) + item * row * shape_[1], row, static_cast<int32_t>(shape_[1]),
            static_cast<int32_t>(shape_[2])};
  }

  float* numbers(int32_t item) override {
    if (floats_ == nullptr) return NetworkRun::numbers(item);
    return static_cast<float*>(floats_) + item * shape_[1];
  }

  void run(int32_t items) override {
    const py::gil_scoped_acquire acquire;
    const py::object batch = (*batch_)[py::slice(0, items, 1)];
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
  std::vector<py::ssize_t> shape_;
  std::shared_ptr<py::array> batch_;
  std::shared_ptr<py::list> results_;           // keeps the arrays of `views_`
  void *pixels_ = nullptr, *floats_ = nullptr;  // of `batch_`, the one that it holds
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
        numbers_(session.attr("input_numbers").cast<int32_t>()),
        capacity_(session.attr("capacity").cast<int32_t>()),
        session_(held(std::move(session))) {}

  const std::string& name() const override { return name_; }
  const std::string& backend() const override { return backend_; }
  const std::string& metadata() const override { return metadata_; }
  const std::vector<std::string>& outputs() const override { return outputs_; }
  int32_t side() const override { return side_; }
  int32_t input_numbers() const override { return numbers_; }
  std::unique_ptr<NetworkRun> prepare(int32_t height, int32_t width) const override {
    const bool pictures = numbers_ == 0;
    std::vector<py::ssize_t> shape{capacity_, pictures ? height : numbers_};
    if (pictures) shape.insert(shape.end(), {width, 4});
    return std::make_unique<PythonRun>(session_, outputs_.size(), std::move(shape), pictures);
  }

 private:
  std::string name_, backend_, metadata_;
  std::vector<std::string> outputs_;
  int32_t side_, numbers_, capacity_;
  std::shared_ptr<py::object> session_;
};

}  // namespace

std::shared_ptr<Network> make_python_network(py::object session) {
  return std::make_shared<PythonNetwork>(std::move(session));
}

}  // namespace facesdk::python
