#include "tensorrt/tensorrt_library.h"

#include <dlfcn.h>

#include "common/error.h"
#include "tensorrt/cuda_driver.h"

namespace facesdk::tensorrt {
namespace {

std::string taken(FacesdkTrtBytes bytes, const FacesdkTrtPlugin& plugin) {
  std::string out(static_cast<const char*>(bytes.data), bytes.size);
  plugin.free_bytes(&bytes);
  return out;
}

}  // namespace

std::shared_ptr<const TensorRtLibrary> TensorRtLibrary::open(const std::string& plugin,
                                                             const std::string& folder) {
  CudaDriver::get().use();
  void* const opened = dlopen(plugin.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed, as TensorRT itself
  if (opened == nullptr) {
    throw Error(ErrorCode::kBackendUnavailable, std::string("the TensorRT plugin does not open (") +
                                                    dlerror() + "); reinstall facesdk on this machine");
  }
  const auto table =
      reinterpret_cast<FacesdkTrtPluginFunction>(dlsym(opened, FACESDK_TENSORRT_PLUGIN_SYMBOL));
  if (table == nullptr || table()->abi != FACESDK_TENSORRT_PLUGIN_ABI) {
    throw Error(ErrorCode::kBackendUnavailable,
                "the TensorRT plugin is of another version of facesdk; reinstall facesdk on this machine");
  }
  auto library = std::make_shared<TensorRtLibrary>();
  library->plugin_ = table();
  FacesdkTrtMessage message{};
  if (library->plugin_->open(folder.empty() ? nullptr : folder.c_str(), &library->libraries_, &message) !=
      0) {
    throw Error(ErrorCode::kBackendUnavailable,
                std::string(message.text) + "; see `facesdk engines doctor` for what to install");
  }
  return library;
}

BuiltPlan build_plan(const TensorRtLibrary& library, const PlanRequest& request) {
  CudaDriver::get().use();
  const FacesdkTrtBuild build{request.model.data(),
                              request.model.size(),
                              request.fp16 ? 1 : 0,
                              request.int8 ? 1 : 0,
                              static_cast<size_t>(request.workspace_bytes),
                              request.timing_cache.empty() ? nullptr : request.timing_cache.data(),
                              request.timing_cache.size(),
                              request.profiles.data(),
                              static_cast<int32_t>(request.profiles.size())};
  FacesdkTrtBytes plan{}, timing_cache{};
  FacesdkTrtMessage message{};
  if (library.plugin().build(&build, &plan, &timing_cache, &message) != 0) {
    throw Error(ErrorCode::kAsset, message.text);
  }
  return {taken(plan, library.plugin()), taken(timing_cache, library.plugin())};
}

}  // namespace facesdk::tensorrt
