// The int8 engine as a Network: loads a quantised graph (.plan) and runs it with the kernels of this CPU.
#pragma once

#include <memory>
#include <string>

#include "assets/safetensors.h"
#include "nn/graph.h"
#include "nn/inference.h"

namespace facesdk {

class Int8Network : public Network {
 public:
  Int8Network(std::string name, std::string metadata, std::shared_ptr<const Graph> graph);

  const std::string& name() const override { return name_; }
  const std::string& backend() const override;
  const std::string& metadata() const override { return metadata_; }
  const std::vector<std::string>& outputs() const override { return outputs_; }
  int32_t side() const override { return graph_->side; }
  std::unique_ptr<NetworkRun> prepare(int32_t height, int32_t width) const override;

  const Graph& graph() const { return *graph_; }

 private:
  std::string name_, metadata_;
  std::shared_ptr<const Graph> graph_;
  std::vector<std::string> outputs_;
};

// Throws Error(kAsset) where the file is no quantised graph or its parts do not fit together. A run predicts
// one picture at a time (capacity 1). Outputs: those that the graph names ("x", "points", "spread",
// "presence" of the regressor; "cells" of the detector, its levels joined to (cells, values)).
std::shared_ptr<const Network> load_int8_network(const std::shared_ptr<const Safetensors>& file);

// The same with a kernel family of kernels.h by its name, for tests: the reference where this CPU cannot run
// it, Error(kInvalidArgument) for an unknown name.
std::shared_ptr<const Int8Network> load_int8_network(const std::shared_ptr<const Safetensors>& file,
                                                     const std::string& kernels);

}  // namespace facesdk
