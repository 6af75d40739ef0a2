// TensorRT through the plugin: opening it, after the driver, and building plans.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tensorrt/plugin_api.h"

namespace facesdk::tensorrt {

class TensorRtLibrary {
 public:
  // The driver is initialised first: without one TensorRT's objects end the process.
  // plugin: path of the plugin. folder: where TensorRT lies if not on the loader's path; may be "".
  // Throws Error(kBackendUnavailable) with the reason and the remedy.
  static std::shared_ptr<const TensorRtLibrary> open(const std::string& plugin, const std::string& folder);

  const FacesdkTrtPlugin& plugin() const { return *plugin_; }
  const FacesdkTrtLibraries& libraries() const { return libraries_; }

 private:
  const FacesdkTrtPlugin* plugin_ = nullptr;
  FacesdkTrtLibraries libraries_{};
};

struct PlanRequest {
  std::string model;  // an ONNX file's bytes
  bool fp16, int8;    // see FacesdkTrtBuild
  int64_t workspace_bytes;
  std::string timing_cache;                 // of an earlier build; may be ""
  std::vector<FacesdkTrtProfile> profiles;  // may be empty where the input has no free size
};

struct BuiltPlan {
  std::string plan, timing_cache;
};

// Throws Error(kAsset) with TensorRT's reason, for instance a node of which it has no implementation.
BuiltPlan build_plan(const TensorRtLibrary& library, const PlanRequest& request);

}  // namespace facesdk::tensorrt
