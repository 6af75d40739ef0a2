// ONNX to a plan: one source for TensorRT 8.5, 10, 11 and TensorRT-RTX.
#pragma once

#include <memory>

#include "tensorrt/plugin_library.h"

namespace facesdk::tensorrt {

struct Plan {
  std::unique_ptr<nvinfer1::IHostMemory> plan, timing_cache;  // the latter may be null
};

// Throws std::runtime_error with what TensorRT logged last.
Plan build_plan(const FacesdkTrtBuild& build);

// Whether the graph alone decides the precision of every layer.
bool is_strongly_typed();

// Whether several contexts of one engine may use the same profile.
bool shares_profiles();

nvinfer1::Dims to_dims(const FacesdkTrtDims& dims);
FacesdkTrtDims from_dims(const nvinfer1::Dims& dims);

}  // namespace facesdk::tensorrt
