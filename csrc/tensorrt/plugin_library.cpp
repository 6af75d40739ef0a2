#include "tensorrt/plugin_library.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace facesdk::tensorrt {
namespace {

#ifdef TRT_MAJOR_RTX
const std::string kInfer = "libtensorrt_rtx.so." + std::to_string(TRT_MAJOR_RTX);
const std::string kParser = "libtensorrt_onnxparser_rtx.so." + std::to_string(TRT_MAJOR_RTX);
#else
const std::string kInfer = "libnvinfer.so." + std::to_string(NV_TENSORRT_MAJOR);
const std::string kParser = "libnvonnxparser.so." + std::to_string(NV_TENSORRT_MAJOR);
#endif

struct Functions {
  void* (*builder)(void* logger, int32_t version) = nullptr;
  void* (*runtime)(void* logger, int32_t version) = nullptr;
  void* (*parser)(void* network, void* logger, int version) = nullptr;
  FacesdkTrtLibraries libraries{};
};

std::mutex opening;
Functions functions;  // filled once

// The handle stays open: TensorRT's threads may run until the process ends.
void* open_by_name(const std::string& name, const char* folder, std::string* why) {
  if (void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) return handle;
  *why = dlerror();
  if (folder == nullptr) return nullptr;
  void* handle = dlopen((std::string(folder) + "/" + name).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) *why = dlerror();
  return handle;
}

template <typename F>
F symbol(void* library, const char* name) {
  void* found = dlsym(library, name);
  if (found == nullptr) throw std::runtime_error(std::string(name) + ": not in the library that was opened");
  return reinterpret_cast<F>(found);
}

template <typename F>
void put_path(F function, char* out, size_t size) {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(function), &info) == 0 || info.dli_fname == nullptr) return;
  char* real = realpath(info.dli_fname, nullptr);
  std::snprintf(out, size, "%s", real != nullptr ? real : info.dli_fname);
  std::free(real);
}

// 8502 and 100300 are 8.5.2 and 10.3.0.
void put_version(int32_t number, FacesdkTrtLibraries* out) {
  const int32_t major = number >= 10000 ? 10000 : 1000;
  out->major = number / major, out->minor = number % major / 100, out->patch = number % 100;
}

template <typename T>
T* made(void* object, const char* what) {
  if (object == nullptr) throw std::runtime_error(std::string(what) + " cannot be made: " + logger().take());
  return static_cast<T*>(object);
}

}  // namespace

void Log::log(Severity severity, const char* text) noexcept {
  if (severity > Severity::kWARNING) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  (severity == Severity::kWARNING ? warning_ : error_) = text;
}

std::string Log::take() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string text = !error_.empty() ? error_ : !warning_.empty() ? warning_ : "TensorRT gave no reason";
  error_.clear(), warning_.clear();
  return text;
}

Log& logger() {
  static auto* const log = new Log;  // never freed: objects of TensorRT may still use it at exit
  return *log;
}

FacesdkTrtLibraries open_libraries(const char* folder) {
  const std::lock_guard<std::mutex> lock(opening);
  if (functions.runtime != nullptr) return functions.libraries;
  std::string why;
  void* const infer = open_by_name(kInfer, folder, &why);
  if (infer == nullptr) throw std::runtime_error(kInfer + " does not open (" + why + ")");
  Functions found;
  const auto version = symbol<int32_t (*)()>(infer, "getInferLibVersion");
  put_version(version(), &found.libraries);
  if (found.libraries.major != NV_TENSORRT_MAJOR) {
    throw std::runtime_error(kInfer + " is version " + std::to_string(found.libraries.major) + "." +
                             std::to_string(found.libraries.minor) + ", the plugin was compiled for " +
                             std::to_string(NV_TENSORRT_MAJOR) + "." + std::to_string(NV_TENSORRT_MINOR));
  }
  found.builder = symbol<void* (*)(void*, int32_t)>(infer, "createInferBuilder_INTERNAL");
  put_path(version, found.libraries.infer_path, sizeof(found.libraries.infer_path));
  if (void* const parser = open_by_name(kParser, folder, &why)) {
    found.parser = symbol<void* (*)(void*, void*, int)>(parser, "createNvOnnxParser_INTERNAL");
    put_path(found.parser, found.libraries.parser_path, sizeof(found.libraries.parser_path));
  }
  found.runtime = symbol<void* (*)(void*, int32_t)>(infer, "createInferRuntime_INTERNAL");
  functions = found;
  return functions.libraries;
}

nvinfer1::IBuilder* make_builder() {
  if (functions.builder == nullptr) throw std::runtime_error("TensorRT is not open");
  return made<nvinfer1::IBuilder>(functions.builder(&logger(), NV_TENSORRT_VERSION), "a builder");
}

nvonnxparser::IParser* make_parser(nvinfer1::INetworkDefinition& network) {
  if (functions.parser == nullptr) throw std::runtime_error(kParser + " does not open: install it");
  return made<nvonnxparser::IParser>(functions.parser(&network, &logger(), NV_ONNX_PARSER_VERSION),
                                     "a parser");
}

nvinfer1::IRuntime* make_runtime() {
  if (functions.runtime == nullptr) throw std::runtime_error("TensorRT is not open");
  return made<nvinfer1::IRuntime>(functions.runtime(&logger(), NV_TENSORRT_VERSION), "a runtime");
}

}  // namespace facesdk::tensorrt
