// See NvInferImpl.h.
#pragma once

#include <cuda_runtime_api.h>

#define NV_TENSORRT_MAJOR 10
#define NV_TENSORRT_MINOR 3
#define NV_TENSORRT_PATCH 0
#define NV_TENSORRT_VERSION 100300

#include "NvInferImpl.h"

namespace nvinfer1 {

class ILogger {
 public:
  enum class Severity : int32_t { kINTERNAL_ERROR = 0, kERROR = 1, kWARNING = 2, kINFO = 3, kVERBOSE = 4 };
  virtual void log(Severity severity, char const* message) noexcept = 0;

 protected:
  virtual ~ILogger() = default;
};

class IHostMemory {
 public:
  virtual ~IHostMemory() noexcept = default;
  void* data() const noexcept { return mImpl->data(); }
  std::size_t size() const noexcept { return mImpl->size(); }

 protected:
  apiv::VHostMemory* mImpl;
};

class ITimingCache {
 public:
  virtual ~ITimingCache() noexcept = default;
  IHostMemory* serialize() const noexcept { return mImpl->serialize(); }

 protected:
  apiv::VTimingCache* mImpl;
};

class IOptimizationProfile {
 public:
  virtual ~IOptimizationProfile() noexcept = default;
  bool setDimensions(char const* name, OptProfileSelector select, Dims const& dims) noexcept {
    return mImpl->setDimensions(name, select, dims);
  }

 protected:
  apiv::VOptimizationProfile* mImpl;
};

class ITensor {
 public:
  virtual ~ITensor() noexcept = default;
  char const* getName() const noexcept { return mImpl->getName(); }

 protected:
  apiv::VTensor* mImpl;
};

class INetworkDefinition {
 public:
  virtual ~INetworkDefinition() noexcept = default;
  int32_t getNbInputs() const noexcept { return mImpl->getNbInputs(); }
  ITensor* getInput(int32_t index) const noexcept { return mImpl->getInput(index); }

 protected:
  apiv::VNetworkDefinition* mImpl;
};

class IBuilderConfig {
 public:
  virtual ~IBuilderConfig() noexcept = default;
  void setMemoryPoolLimit(MemoryPoolType pool, std::size_t size) noexcept {
    return mImpl->setMemoryPoolLimit(pool, size);
  }
  void setFlag(BuilderFlag flag) noexcept { return mImpl->setFlag(flag); }
  void clearFlag(BuilderFlag flag) noexcept { return mImpl->clearFlag(flag); }
  void setPreviewFeature(PreviewFeature feature, bool enable) noexcept {
    return mImpl->setPreviewFeature(feature, enable);
  }
  int32_t addOptimizationProfile(IOptimizationProfile const* profile) noexcept {
    return mImpl->addOptimizationProfile(profile);
  }
  ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept {
    return mImpl->createTimingCache(blob, size);
  }
  bool setTimingCache(ITimingCache const& cache, bool ignore) noexcept {
    return mImpl->setTimingCache(cache, ignore);
  }

 protected:
  apiv::VBuilderConfig* mImpl;
};

class IBuilder {
 public:
  virtual ~IBuilder() noexcept = default;
  INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept {
    return mImpl->createNetworkV2(flags);
  }
  IBuilderConfig* createBuilderConfig() noexcept { return mImpl->createBuilderConfig(); }
  IOptimizationProfile* createOptimizationProfile() noexcept { return mImpl->createOptimizationProfile(); }
  IHostMemory* buildSerializedNetwork(INetworkDefinition& network, IBuilderConfig& config) noexcept {
    return mImpl->buildSerializedNetwork(network, config);
  }

 protected:
  apiv::VBuilder* mImpl;
};

class IRuntime {
 public:
  virtual ~IRuntime() noexcept = default;
  ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept {
    return mImpl->deserializeCudaEngine(blob, size);
  }

 protected:
  apiv::VRuntime* mImpl;
};

class ICudaEngine {
 public:
  virtual ~ICudaEngine() noexcept = default;
  int32_t getNbIOTensors() const noexcept { return mImpl->getNbIOTensors(); }
  char const* getIOTensorName(int32_t index) const noexcept { return mImpl->getIOTensorName(index); }
  TensorIOMode getTensorIOMode(char const* name) const noexcept { return mImpl->getTensorIOMode(name); }
  DataType getTensorDataType(char const* name) const noexcept { return mImpl->getTensorDataType(name); }
  Dims getTensorShape(char const* name) const noexcept { return mImpl->getTensorShape(name); }
  int32_t getNbOptimizationProfiles() const noexcept { return mImpl->getNbOptimizationProfiles(); }
  Dims getProfileShape(char const* name, int32_t index, OptProfileSelector select) const noexcept {
    return mImpl->getProfileShape(name, index, select);
  }
  IExecutionContext* createExecutionContext(
      ExecutionContextAllocationStrategy strategy = ExecutionContextAllocationStrategy::kSTATIC) noexcept {
    return mImpl->createExecutionContext(strategy);
  }

 protected:
  apiv::VCudaEngine* mImpl;
};

class IExecutionContext {
 public:
  virtual ~IExecutionContext() noexcept = default;
  bool setOptimizationProfileAsync(int32_t index, cudaStream_t stream) noexcept {
    return mImpl->setOptimizationProfileAsync(index, stream);
  }
  bool setInputShape(char const* name, Dims const& dims) noexcept { return mImpl->setInputShape(name, dims); }
  Dims getTensorShape(char const* name) const noexcept { return mImpl->getTensorShape(name); }
  bool setTensorAddress(char const* name, void* data) noexcept { return mImpl->setTensorAddress(name, data); }
  bool enqueueV3(cudaStream_t stream) noexcept { return mImpl->enqueueV3(stream); }

 protected:
  apiv::VExecutionContext* mImpl;
};

}  // namespace nvinfer1
