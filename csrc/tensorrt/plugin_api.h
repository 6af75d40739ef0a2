// The functions between the library and its TensorRT plugin, a shared library of its own that alone is
// compiled against TensorRT's headers. A C table: the two may come from different compilers and C++ runtimes,
// and the library loads on machines that have no TensorRT.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FACESDK_TENSORRT_PLUGIN_ABI 1
#define FACESDK_TENSORRT_PLUGIN_SYMBOL "facesdk_tensorrt_plugin"
#define FACESDK_TENSORRT_MAX_DIMS 8

// One line of text, cut where it is longer.
typedef struct FacesdkTrtMessage {
  char text[512];
} FacesdkTrtMessage;

// Memory of the plugin, until `free_bytes`.
typedef struct FacesdkTrtBytes {
  void* data;
  size_t size;
} FacesdkTrtBytes;

typedef struct FacesdkTrtDims {
  int32_t count;
  int64_t sizes[FACESDK_TENSORRT_MAX_DIMS];  // -1: free
} FacesdkTrtDims;

// Sizes of the input for which a plan is optimised.
typedef struct FacesdkTrtProfile {
  FacesdkTrtDims smallest, usual, largest;
} FacesdkTrtProfile;

typedef struct FacesdkTrtLibraries {
  char infer_path[1024],
      parser_path[1024];        // "" for a parser that is not installed: then nothing can be built
  int32_t major, minor, patch;  // of the TensorRT that was loaded
} FacesdkTrtLibraries;

typedef struct FacesdkTrtBuild {
  const void* model;  // an ONNX file's bytes
  size_t model_size;
  int32_t fp16, int8;      // whether the graph has such parts; read by a TensorRT without strong typing alone
  size_t workspace_bytes;  // scratch memory of a kernel, at most
  const void* timing_cache;  // of an earlier build; may be null
  size_t timing_cache_size;
  const FacesdkTrtProfile* profiles;  // may be empty where the input has no free size
  int32_t profile_count;
} FacesdkTrtBuild;

typedef struct FacesdkTrtTensor {
  char name[256];
  int32_t is_input, is_float;
  FacesdkTrtDims dims;
} FacesdkTrtTensor;

typedef struct FacesdkTrtPlugin {
  int32_t abi;                  // FACESDK_TENSORRT_PLUGIN_ABI
  const char* product;          // "TensorRT" or "TensorRT-RTX"
  int32_t major, minor, patch;  // of the headers
  int32_t shares_profiles;      // whether several contexts may use one profile of a plan
  int32_t strongly_typed;       // whether the graph alone decides precisions
  // Every function that returns int32_t gives 0, or another number and a message.
  // Opens libnvinfer and libnvonnxparser by the loader's search path, else in `folder`, which may be null.
  int32_t (*open)(const char* folder, FacesdkTrtLibraries* out, FacesdkTrtMessage* message);
  int32_t (*build)(const FacesdkTrtBuild* build, FacesdkTrtBytes* plan, FacesdkTrtBytes* timing_cache,
                   FacesdkTrtMessage* message);
  void (*free_bytes)(FacesdkTrtBytes* bytes);
  int32_t (*load)(const void* plan, size_t size, void** engine, FacesdkTrtMessage* message);
  void (*free_engine)(void* engine);
  int32_t (*tensor_count)(void* engine);
  int32_t (*tensor)(void* engine, int32_t index, FacesdkTrtTensor* out, FacesdkTrtMessage* message);
  int32_t (*profile_count)(void* engine);
  int32_t (*profile)(void* engine, int32_t index, const char* input, FacesdkTrtProfile* out);
  // `stream` is a CUstream, on which the profile is chosen.
  int32_t (*create_context)(void* engine, int32_t profile, void* stream, void** context,
                            FacesdkTrtMessage* message);
  void (*free_context)(void* context);
  int32_t (*set_input_shape)(void* context, const char* name, const FacesdkTrtDims* dims,
                             FacesdkTrtMessage* message);
  int32_t (*tensor_shape)(void* context, const char* name, FacesdkTrtDims* out);
  int32_t (*set_address)(void* context, const char* name, void* device, FacesdkTrtMessage* message);
  int32_t (*enqueue)(void* context, void* stream, FacesdkTrtMessage* message);
} FacesdkTrtPlugin;

typedef const FacesdkTrtPlugin* (*FacesdkTrtPluginFunction)(void);

#ifdef __cplusplus
}
#endif
