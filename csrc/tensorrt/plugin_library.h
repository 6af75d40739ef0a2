// TensorRT's libraries, opened at run time. All else that the plugin calls goes through the objects that
// these functions make, so that nothing links against TensorRT.
#pragma once

#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <mutex>
#include <string>

#include "tensorrt/plugin_api.h"

namespace facesdk::tensorrt {

// Keeps the last error, which says more than the null pointer that TensorRT returns.
class Log final : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* text) noexcept override;
  std::string take();  // the last error or, where there was none, warning; "" again afterwards

 private:
  std::mutex mutex_;
  std::string error_, warning_;
};

Log& logger();

// Throws std::runtime_error where libnvinfer is absent or of another major version than the headers.
FacesdkTrtLibraries open_libraries(const char* folder);

// Each throws std::runtime_error where the library was not opened or makes none.
nvinfer1::IBuilder* make_builder();
nvonnxparser::IParser* make_parser(nvinfer1::INetworkDefinition& network);
nvinfer1::IRuntime* make_runtime();

}  // namespace facesdk::tensorrt
