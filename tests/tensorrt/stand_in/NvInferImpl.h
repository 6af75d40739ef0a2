// A stand-in for TensorRT's headers, in the shape of version 10 on, reduced to what the plugin and the fake
// name. It proves the plugin's and the builder's behaviour where the real headers cannot be had; it proves
// nothing of their binary interface, which the same tests do with the real ones.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nvinfer1 {

class IBuilderConfig;
class ICudaEngine;
class IExecutionContext;
class IHostMemory;
class INetworkDefinition;
class IOptimizationProfile;
class ITensor;
class ITimingCache;

struct Dims {
  int32_t nbDims;
  int64_t d[8];
};

using NetworkDefinitionCreationFlags = uint32_t;
enum class NetworkDefinitionCreationFlag : int32_t { kEXPLICIT_BATCH = 0, kSTRONGLY_TYPED = 1 };
enum class BuilderFlag : int32_t { kFP16 = 0, kINT8 = 1, kTF32 = 7 };
enum class PreviewFeature : int32_t { kPROFILE_SHARING_0806 = 0 };
enum class MemoryPoolType : int32_t { kWORKSPACE = 0 };
enum class OptProfileSelector : int32_t { kMIN = 0, kOPT = 1, kMAX = 2 };
enum class TensorIOMode : int32_t { kNONE = 0, kINPUT = 1, kOUTPUT = 2 };
enum class DataType : int32_t { kFLOAT = 0, kHALF = 1 };
enum class ExecutionContextAllocationStrategy : int32_t { kSTATIC = 0 };

namespace apiv {

class VHostMemory {
 public:
  virtual void* data() const noexcept = 0;
  virtual std::size_t size() const noexcept = 0;
};

class VTimingCache {
 public:
  virtual IHostMemory* serialize() const noexcept = 0;
};

class VOptimizationProfile {
 public:
  virtual bool setDimensions(char const* name, OptProfileSelector select, Dims const& dims) noexcept = 0;
};

class VTensor {
 public:
  virtual char const* getName() const noexcept = 0;
};

class VNetworkDefinition {
 public:
  virtual int32_t getNbInputs() const noexcept = 0;
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
};

class VBuilderConfig {
 public:
  virtual void setMemoryPoolLimit(MemoryPoolType pool, std::size_t size) noexcept = 0;
  virtual void setFlag(BuilderFlag flag) noexcept = 0;
  virtual void clearFlag(BuilderFlag flag) noexcept = 0;
  virtual void setPreviewFeature(PreviewFeature feature, bool enable) noexcept = 0;
  virtual int32_t addOptimizationProfile(IOptimizationProfile const* profile) noexcept = 0;
  virtual ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept = 0;
  virtual bool setTimingCache(ITimingCache const& cache, bool ignore) noexcept = 0;
};

class VBuilder {
 public:
  virtual INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept = 0;
  virtual IBuilderConfig* createBuilderConfig() noexcept = 0;
  virtual IOptimizationProfile* createOptimizationProfile() noexcept = 0;
  virtual IHostMemory* buildSerializedNetwork(INetworkDefinition& network,
                                              IBuilderConfig& config) noexcept = 0;
};

class VRuntime {
 public:
  virtual ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept = 0;
};

class VCudaEngine {
 public:
  virtual int32_t getNbIOTensors() const noexcept = 0;
  virtual char const* getIOTensorName(int32_t index) const noexcept = 0;
  virtual TensorIOMode getTensorIOMode(char const* name) const noexcept = 0;
  virtual DataType getTensorDataType(char const* name) const noexcept = 0;
  virtual Dims getTensorShape(char const* name) const noexcept = 0;
  virtual int32_t getNbOptimizationProfiles() const noexcept = 0;
  virtual Dims getProfileShape(char const* name, int32_t index, OptProfileSelector select) const noexcept = 0;
  virtual IExecutionContext* createExecutionContext(ExecutionContextAllocationStrategy strategy) noexcept = 0;
};

class VExecutionContext {
 public:
  virtual bool setOptimizationProfileAsync(int32_t index, cudaStream_t stream) noexcept = 0;
  virtual bool setInputShape(char const* name, Dims const& dims) noexcept = 0;
  virtual Dims getTensorShape(char const* name) const noexcept = 0;
  virtual bool setTensorAddress(char const* name, void* data) noexcept = 0;
  virtual bool enqueueV3(cudaStream_t stream) noexcept = 0;
};

}  // namespace apiv
}  // namespace nvinfer1
