// Dense layers in float32 as a Network: rows of numbers in, the last layer's numbers out. For networks so
// small that eight bits would save nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "assets/safetensors.h"
#include "nn/inference.h"

namespace facesdk {

struct DenseLayer {
  int32_t inputs, outputs;
  std::vector<float> weights, bias;  // (inputs, outputs), (outputs,)
};

class DenseNetwork : public Network {
 public:
  DenseNetwork(std::string name, std::string metadata, std::vector<DenseLayer> layers);

  const std::string& name() const override { return name_; }
  const std::string& backend() const override;
  const std::string& metadata() const override { return metadata_; }
  const std::vector<std::string>& outputs() const override { return outputs_; }
  int32_t side() const override { return 0; }
  int32_t input_numbers() const override { return layers_->front().inputs; }
  std::unique_ptr<NetworkRun> prepare(int32_t height, int32_t width) const override;

 private:
  std::string name_, metadata_;
  std::shared_ptr<const std::vector<DenseLayer>> layers_;
  std::vector<std::string> outputs_;
};

// Layers "0.weight" (outputs, inputs) and "0.bias" (outputs,), "1.weight", ..., F16 or F32, with ReLU between
// them; the output is named "logit". Throws Error(kAsset) where they are missing or do not fit together.
std::shared_ptr<const Network> load_dense_network(const Safetensors& file);

}  // namespace facesdk
