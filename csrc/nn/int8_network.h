// The int8 engine as a Network: loads a quantised graph (.plan) and runs it with the kernels of this CPU.
#pragma once

#include <memory>
#include <string>

#include "assets/safetensors.h"
#include "nn/inference.h"

namespace facesdk {

// Throws Error(kAsset) where the file is no quantised graph or its parts do not fit together. A run predicts
// one picture at a time (capacity 1). Outputs: those that the graph names ("x", "points", "spread",
// "presence" of the regressor; "cells" of the detector, its levels joined to (cells, values)).
std::shared_ptr<const Network> load_int8_network(const std::shared_ptr<const Safetensors>& file);

}  // namespace facesdk
