// Reads a quantised graph (.plan): a description in JSON in the file's "plan" entry, arrays beside it.
#pragma once

#include <memory>

#include "assets/safetensors.h"
#include "nn/graph.h"
#include "nn/kernels.h"

namespace facesdk {

// Every step is checked against the maps and vectors that it reads and writes, so that an executor needs no
// check of its own. Throws Error(kAsset) naming the file, the step, what came and what was expected.
std::shared_ptr<const Graph> load_graph(const Safetensors& file, const Kernels& kernels);

}  // namespace facesdk
