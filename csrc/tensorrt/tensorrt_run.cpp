#include "tensorrt/tensorrt_run.h"

#include <utility>

#include "common/error.h"

namespace facesdk::tensorrt {
namespace {

int64_t numbers_of(const FacesdkTrtDims& dims) {
  int64_t count = 1;
  for (int32_t i = 0; i < dims.count; ++i) count *= dims.sizes[i];
  return count;
}

}  // namespace

TensorRtRun::TensorRtRun(RunPlan plan) : plan_(std::move(plan)), driver_(CudaDriver::get()) {
  try {
    prepare();
  } catch (...) {
    release();
    throw;
  }
}

TensorRtRun::~TensorRtRun() { release(); }

void TensorRtRun::prepare() {
  driver_.use();
  stream_ = driver_.make_stream();
  plan_.dims.sizes[0] = 1;
  make_tensor(numbers_of(plan_.dims), &input_);
  if (plan_.dims.count == 4) {
    pixels_.resize(static_cast<size_t>(plan_.capacity * plan_.dims.sizes[2] * plan_.dims.sizes[3] * 4));
  }
  const bool one_size = plan_.single < 0;
  single_ = make_context(plan_.single);
  many_ = one_size || plan_.many == plan_.single ? single_ : make_context(plan_.many);
  if (!one_size) {
    set_items(many_, plan_.capacity);
    many_items_ = plan_.capacity;
  }
  outputs_.resize(plan_.outputs.size());
  for (size_t i = 0; i < outputs_.size(); ++i) {
    FacesdkTrtDims dims{};
    plan_.library->plugin().tensor_shape(many_, plan_.outputs[i].c_str(), &dims);
    const int64_t numbers = numbers_of(dims);
    if (numbers <= 0 || numbers % plan_.capacity != 0) {
      throw Error(ErrorCode::kAsset, plan_.outputs[i] + ": its size does not follow from the input's");
    }
    make_tensor(numbers / plan_.capacity, &outputs_[i]);
  }
  bind(many_);
  if (single_ != many_) {
    set_items(single_, 1);
    bind(single_);
  }
  driver_.synchronize(stream_);
}

void TensorRtRun::release() noexcept {
  if (graph_ != nullptr) driver_.free_graph(graph_);
  if (many_ != nullptr && many_ != single_) plan_.library->plugin().free_context(many_);
  if (single_ != nullptr) plan_.library->plugin().free_context(single_);
  outputs_.push_back(input_);
  for (const Tensor& tensor : outputs_) {
    if (tensor.device != 0) driver_.free(tensor.device);
    if (tensor.host != nullptr) driver_.free_host(tensor.host);
  }
  if (stream_ != nullptr) driver_.free_stream(stream_);
}

void TensorRtRun::check(int32_t status, const FacesdkTrtMessage& message) const {
  if (status != 0) throw Error(ErrorCode::kAsset, message.text);
}

void* TensorRtRun::make_context(int32_t profile) {
  void* context = nullptr;
  FacesdkTrtMessage message{};
  check(plan_.library->plugin().create_context(plan_.engine.get(), profile, stream_, &context, &message),
        message);
  return context;
}

void TensorRtRun::make_tensor(int64_t size, Tensor* tensor) {
  const int64_t bytes = size * plan_.capacity * static_cast<int64_t>(sizeof(float));
  tensor->size = size;
  tensor->device = driver_.allocate(bytes);
  tensor->host = static_cast<float*>(driver_.allocate_host(bytes));
}

void TensorRtRun::bind(void* context) {
  const FacesdkTrtPlugin& plugin = plan_.library->plugin();
  const auto set = [&](const std::string& name, const Tensor& tensor) {
    FacesdkTrtMessage message{};
    check(plugin.set_address(context, name.c_str(), reinterpret_cast<void*>(tensor.device), &message),
          message);
  };
  set(plan_.input, input_);
  for (size_t i = 0; i < outputs_.size(); ++i) set(plan_.outputs[i], outputs_[i]);
}

void TensorRtRun::set_items(void* context, int32_t items) {
  plan_.dims.sizes[0] = items;
  FacesdkTrtMessage message{};
  check(plan_.library->plugin().set_input_shape(context, plan_.input.c_str(), &plan_.dims, &message),
        message);
}

PixelBuffer TensorRtRun::input(int32_t item) {
  if (pixels_.empty()) return NetworkRun::input(item);
  const int64_t height = plan_.dims.sizes[2], width = plan_.dims.sizes[3];
  return {pixels_.data() + item * height * width * 4, 4 * width, static_cast<int32_t>(height),
          static_cast<int32_t>(width)};
}

float* TensorRtRun::numbers(int32_t item) {
  if (!pixels_.empty()) return NetworkRun::numbers(item);
  return input_.host + item * input_.size;
}

void TensorRtRun::pixels_to_planes(int32_t items) {
  const int64_t channels = plan_.dims.sizes[1], area = plan_.dims.sizes[2] * plan_.dims.sizes[3];
  for (int64_t item = 0; item < items; ++item) {
    const uint8_t* const from = pixels_.data() + item * area * 4;
    for (int64_t channel = 0; channel < channels; ++channel) {
      float* const plane = input_.host + (item * channels + channel) * area;
      for (int64_t i = 0; i < area; ++i)
        plane[i] = static_cast<float>(from[4 * i + channel]) * (1.0F / 255.0F);
    }
  }
}

void TensorRtRun::enqueue(void* context, int32_t items) {
  constexpr auto kBytes = static_cast<int64_t>(sizeof(float));
  driver_.upload(input_.device, input_.host, items * input_.size * kBytes, stream_);
  FacesdkTrtMessage message{};
  check(plan_.library->plugin().enqueue(context, stream_, &message), message);
  for (const Tensor& output : outputs_) {
    driver_.download(output.host, output.device, items * output.size * kBytes, stream_);
  }
}

void TensorRtRun::run(int32_t items) {
  driver_.use();
  if (!pixels_.empty()) pixels_to_planes(items);
  // A context for one item alone never changes, and can be recorded.
  const bool one = items == 1 && (plan_.many != plan_.single || plan_.capacity == 1);
  void* const context = one ? single_ : many_;
  if (context == many_ && plan_.many >= 0 && items != many_items_) {
    set_items(many_, items);
    many_items_ = items;
  }
  if (one && graph_ != nullptr) {
    driver_.launch(graph_, stream_);
  } else {
    enqueue(context, items);
    // Only after a first run, which may allocate, can the rest be launched at once.
    if (one && !std::exchange(capture_tried_, true)) {
      driver_.synchronize(stream_);
      graph_ = driver_.capture(stream_, [&] { enqueue(context, 1); });
    }
  }
  driver_.synchronize(stream_);
}

OutputView TensorRtRun::output(int32_t index) const {
  const Tensor& tensor = outputs_[static_cast<size_t>(index)];
  return {tensor.host, tensor.size};
}

}  // namespace facesdk::tensorrt
