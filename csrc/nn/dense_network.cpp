#include "nn/dense_network.h"

#include <algorithm>
#include <cstring>

#include "common/error.h"
#include "common/simd_dispatch.h"

namespace facesdk {
namespace {

constexpr size_t kMostLayers = 8;
constexpr int64_t kMostNumbers = 4096;  // of a layer's input or output
constexpr int32_t kCapacity = 2;        // items of a run: the two eyes of a face

float from_half(uint16_t half) {
  const uint32_t sign = (half & 0x8000u) << 16, exponent = (half >> 10) & 0x1fu, fraction = half & 0x3ffu;
  uint32_t bits;
  if (exponent == 31) {
    bits = sign | 0x7f800000u | (fraction << 13);
  } else if (exponent != 0) {
    bits = sign | ((exponent + 112) << 23) | (fraction << 13);
  } else {
    const float small = static_cast<float>(fraction) * (1.0f / 16777216.0f);
    return sign != 0 ? -small : small;
  }
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

[[noreturn]] void no_network(const Safetensors& file, const std::string& reason) {
  throw Error(ErrorCode::kAsset, file.name() + ": not a network of dense layers (" + reason + ")");
}

std::vector<float> floats(const Safetensors& file, const std::string& key) {
  const Tensor* tensor = file.find(key);
  const bool known = tensor != nullptr && (tensor->dtype == DType::kF16 || tensor->dtype == DType::kF32);
  if (!known) no_network(file, "lacks " + key + " as F16 or F32");
  std::vector<float> out(static_cast<size_t>(tensor->count()));
  const char* from = static_cast<const char*>(tensor->data);
  for (size_t i = 0; i < out.size(); ++i) {
    if (tensor->dtype == DType::kF32) {
      std::memcpy(&out[i], from + 4 * i, 4);
    } else {
      uint16_t half;
      std::memcpy(&half, from + 2 * i, 2);
      out[i] = from_half(half);
    }
  }
  return out;
}

// Layer k, whose number of inputs is that of the outputs before it.
DenseLayer read_layer(const Safetensors& file, size_t k, int64_t inputs) {
  const std::string prefix = std::to_string(k) + ".";
  const Tensor* weight = file.find(prefix + "weight");
  if (weight == nullptr || weight->shape.size() != 2) no_network(file, "lacks " + prefix + "weight (N, K)");
  const int64_t outputs = weight->shape[0], found = weight->shape[1];
  const bool fits = outputs >= 1 && outputs <= kMostNumbers && found >= 1 && found <= kMostNumbers;
  if (!fits || (k > 0 && found != inputs)) no_network(file, "shape of " + prefix + "weight");
  const std::vector<float> rows = floats(file, prefix + "weight");
  DenseLayer layer{static_cast<int32_t>(found), static_cast<int32_t>(outputs), rows,
                   floats(file, prefix + "bias")};
  if (static_cast<int64_t>(layer.bias.size()) != outputs) no_network(file, "shape of " + prefix + "bias");
  for (size_t n = 0; n < static_cast<size_t>(outputs); ++n) {
    for (size_t i = 0; i < static_cast<size_t>(found); ++i) {
      layer.weights[i * static_cast<size_t>(outputs) + n] = rows[n * static_cast<size_t>(found) + i];
    }
  }
  return layer;
}

struct LayerKernel {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT in, const DenseLayer& layer, bool relu,
                             float* FACESDK_RESTRICT out) {
    const float* FACESDK_RESTRICT weights = layer.weights.data();
    const int32_t count = layer.outputs;
    for (int32_t n = 0; n < count; ++n) out[n] = 0.0f;
    for (int32_t k = 0; k < layer.inputs; ++k) {
      for (int32_t n = 0; n < count; ++n) out[n] += in[k] * weights[k * count + n];
    }
    for (int32_t n = 0; n < count; ++n) {
      out[n] += layer.bias[static_cast<size_t>(n)];
      if (relu && !(out[n] > 0.0f)) out[n] = 0.0f;
    }
  }
};

class DenseRun : public NetworkRun {
 public:
  explicit DenseRun(std::shared_ptr<const std::vector<DenseLayer>> layers) : layers_(std::move(layers)) {
    size_t widest = 0;
    for (const DenseLayer& layer : *layers_) widest = std::max(widest, static_cast<size_t>(layer.outputs));
    inputs_.resize(kCapacity * static_cast<size_t>(layers_->front().inputs));
    outputs_.resize(kCapacity * static_cast<size_t>(layers_->back().outputs));
    values_.resize(widest), next_.resize(widest);
  }

  int32_t capacity() const override { return kCapacity; }
  float* numbers(int32_t item) override {
    return inputs_.data() + static_cast<size_t>(item) * static_cast<size_t>(layers_->front().inputs);
  }

  void run(int32_t items) override {
    for (int32_t item = 0; item < items; ++item) {
      const float* from = numbers(item);
      for (const DenseLayer& layer : *layers_) {
        const bool last = &layer == &layers_->back();
        float* to = last ? outputs_.data() + item * layer.outputs : next_.data();
        vectorized<LayerKernel>(from, layer, !last, to);
        values_.swap(next_);
        from = values_.data();
      }
    }
  }

  OutputView output(int32_t) const override { return {outputs_.data(), layers_->back().outputs}; }

 private:
  std::shared_ptr<const std::vector<DenseLayer>> layers_;
  std::vector<float> inputs_, outputs_;  // (kCapacity, inputs), (kCapacity, outputs)
  std::vector<float> values_, next_;     // of the layers between
};

}  // namespace

DenseNetwork::DenseNetwork(std::string name, std::string metadata, std::vector<DenseLayer> layers)
    : name_(std::move(name)),
      metadata_(std::move(metadata)),
      layers_(std::make_shared<const std::vector<DenseLayer>>(std::move(layers))),
      outputs_{"logit"} {}

const std::string& DenseNetwork::backend() const {
  static const std::string name = "dense";
  return name;
}

std::unique_ptr<NetworkRun> DenseNetwork::prepare(int32_t height, int32_t width) const {
  if (height != 1 || width != input_numbers()) {
    throw Error(ErrorCode::kInvalidArgument, name_ + ": got " + std::to_string(height) + " x " +
                                                 std::to_string(width) + " numbers, expected 1 x " +
                                                 std::to_string(input_numbers()));
  }
  return std::make_unique<DenseRun>(layers_);
}

std::shared_ptr<const Network> load_dense_network(const Safetensors& file) {
  std::vector<DenseLayer> layers;
  for (size_t k = 0; k < kMostLayers; ++k) {
    if (k > 0 && file.find(std::to_string(k) + ".weight") == nullptr) break;
    layers.push_back(read_layer(file, k, layers.empty() ? 0 : layers.back().outputs));
  }
  const auto metadata = file.metadata().find("facesdk");
  return std::make_shared<const DenseNetwork>(
      file.name(), metadata == file.metadata().end() ? "" : metadata->second, std::move(layers));
}

}  // namespace facesdk
