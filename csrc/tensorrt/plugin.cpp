// The plugin's function table: no exception leaves it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>

#include "tensorrt/plugin_builder.h"
#include "tensorrt/plugin_library.h"

namespace facesdk::tensorrt {
namespace {

struct Engine {
  std::unique_ptr<nvinfer1::IRuntime> runtime;  // outlives its engine
  std::unique_ptr<nvinfer1::ICudaEngine> engine;
};

template <typename F>
int32_t guarded(FacesdkTrtMessage* message, F&& body) {
  try {
    body();
    return 0;
  } catch (const std::exception& error) {
    std::snprintf(message->text, sizeof(message->text), "%s", error.what());
  }
  std::replace(message->text, message->text + std::strlen(message->text), '\n', ' ');
  return 1;
}

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string(what) + ": " + logger().take());
}

FacesdkTrtBytes copied(const nvinfer1::IHostMemory* memory) {
  if (memory == nullptr || memory->size() == 0) return {nullptr, 0};
  void* const data = std::malloc(memory->size());
  if (data == nullptr) throw std::runtime_error("no memory for a plan");
  std::memcpy(data, memory->data(), memory->size());
  return {data, memory->size()};
}

const nvinfer1::ICudaEngine& of(void* engine) { return *static_cast<Engine*>(engine)->engine; }
nvinfer1::IExecutionContext& context_of(void* context) {
  return *static_cast<nvinfer1::IExecutionContext*>(context);
}

int32_t open(const char* folder, FacesdkTrtLibraries* out, FacesdkTrtMessage* message) {
  return guarded(message, [&] { *out = open_libraries(folder); });
}

int32_t build(const FacesdkTrtBuild* build, FacesdkTrtBytes* plan, FacesdkTrtBytes* timing_cache,
              FacesdkTrtMessage* message) {
  return guarded(message, [&] {
    const Plan made = build_plan(*build);
    *plan = copied(made.plan.get());
    *timing_cache = copied(made.timing_cache.get());
  });
}

void free_bytes(FacesdkTrtBytes* bytes) {
  std::free(bytes->data);
  *bytes = {nullptr, 0};
}

int32_t load(const void* plan, size_t size, void** engine, FacesdkTrtMessage* message) {
  return guarded(message, [&] {
    logger().take();
    auto made = std::make_unique<Engine>();
    made->runtime.reset(make_runtime());
    made->engine.reset(made->runtime->deserializeCudaEngine(plan, size));
    require(made->engine != nullptr, "the plan cannot be read");
    *engine = made.release();
  });
}

void free_engine(void* engine) { delete static_cast<Engine*>(engine); }

int32_t tensor_count(void* engine) { return of(engine).getNbIOTensors(); }

int32_t tensor(void* engine, int32_t index, FacesdkTrtTensor* out, FacesdkTrtMessage* message) {
  return guarded(message, [&] {
    const char* const name = of(engine).getIOTensorName(index);
    require(name != nullptr && std::strlen(name) < sizeof(out->name), "a tensor's name");
    *out = {};
    std::snprintf(out->name, sizeof(out->name), "%s", name);
    out->is_input = of(engine).getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT;
    out->is_float = of(engine).getTensorDataType(name) == nvinfer1::DataType::kFLOAT;
    out->dims = from_dims(of(engine).getTensorShape(name));
  });
}

int32_t profile_count(void* engine) { return of(engine).getNbOptimizationProfiles(); }

int32_t profile(void* engine, int32_t index, const char* input, FacesdkTrtProfile* out) {
  using nvinfer1::OptProfileSelector;
  out->smallest = from_dims(of(engine).getProfileShape(input, index, OptProfileSelector::kMIN));
  out->usual = from_dims(of(engine).getProfileShape(input, index, OptProfileSelector::kOPT));
  out->largest = from_dims(of(engine).getProfileShape(input, index, OptProfileSelector::kMAX));
  return 0;
}

int32_t create_context(void* engine, int32_t profile, void* stream, void** context,
                       FacesdkTrtMessage* message) {
  return guarded(message, [&] {
    std::unique_ptr<nvinfer1::IExecutionContext> made(
        static_cast<Engine*>(engine)->engine->createExecutionContext());
    require(made != nullptr, "a context cannot be made");
    if (profile >= 0) {
      require(made->setOptimizationProfileAsync(profile, static_cast<cudaStream_t>(stream)),
              "the context's profile cannot be set");
    }
    *context = made.release();
  });
}

void free_context(void* context) { delete static_cast<nvinfer1::IExecutionContext*>(context); }

int32_t set_input_shape(void* context, const char* name, const FacesdkTrtDims* dims,
                        FacesdkTrtMessage* message) {
  return guarded(message, [&] {
    require(context_of(context).setInputShape(name, to_dims(*dims)), "the input's size cannot be set");
  });
}

int32_t tensor_shape(void* context, const char* name, FacesdkTrtDims* out) {
  *out = from_dims(context_of(context).getTensorShape(name));
  return 0;
}

int32_t set_address(void* context, const char* name, void* device, FacesdkTrtMessage* message) {
  return guarded(message, [&] {
    require(context_of(context).setTensorAddress(name, device), "a tensor's address cannot be set");
  });
}

int32_t enqueue(void* context, void* stream, FacesdkTrtMessage* message) {
  return guarded(message, [&] {
    require(context_of(context).enqueueV3(static_cast<cudaStream_t>(stream)), "the network does not run");
  });
}

}  // namespace
}  // namespace facesdk::tensorrt

#if defined(TRT_MAJOR_RTX)
#define FACESDK_TENSORRT_PRODUCT "TensorRT-RTX"
#else
#define FACESDK_TENSORRT_PRODUCT "TensorRT"
#endif

extern "C" __attribute__((visibility("default"))) const FacesdkTrtPlugin* facesdk_tensorrt_plugin() {
  using namespace facesdk::tensorrt;
  static const FacesdkTrtPlugin plugin{FACESDK_TENSORRT_PLUGIN_ABI,
                                       FACESDK_TENSORRT_PRODUCT,
                                       NV_TENSORRT_MAJOR,
                                       NV_TENSORRT_MINOR,
                                       NV_TENSORRT_PATCH,
                                       shares_profiles() ? 1 : 0,
                                       is_strongly_typed() ? 1 : 0,
                                       &open,
                                       &build,
                                       &free_bytes,
                                       &load,
                                       &free_engine,
                                       &tensor_count,
                                       &tensor,
                                       &profile_count,
                                       &profile,
                                       &create_context,
                                       &free_context,
                                       &set_input_shape,
                                       &tensor_shape,
                                       &set_address,
                                       &enqueue};
  return &plugin;
}
