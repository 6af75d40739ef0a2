// A TensorRT plan as a Network.
#pragma once

#include <memory>
#include <string>

#include "nn/inference.h"
#include "tensorrt/tensorrt_library.h"

namespace facesdk::tensorrt {

struct PlanFile {
  std::string name;      // of the file, for messages
  std::string metadata;  // the graph's own "facesdk" entry
  std::shared_ptr<const std::string> plan;
};

// A plan with one float32 input, (N, C, H, W) pictures or (N, K) numbers, and float32 outputs. A run has a
// context, a stream and memory of its own; a run of one item is launched as a captured graph where the driver
// can. Throws Error(kAsset) where the plan is damaged, of another TensorRT or device, or has other tensors.
std::shared_ptr<const Network> load_tensorrt_network(std::shared_ptr<const TensorRtLibrary> library,
                                                     PlanFile file);

}  // namespace facesdk::tensorrt
