// The CUDA driver, opened at run time: whether there is one, what the device is, memory, streams and graphs
// for TensorRT. Nothing links against CUDA.
#pragma once

#include <cstdint>
#include <string>

namespace facesdk::tensorrt {

using DevicePointer = unsigned long long;  // CUdeviceptr
using Stream = void*;                      // CUstream
using LaunchGraph = void*;                 // CUgraphExec

struct DeviceFacts {
  std::string name;
  int32_t capability_major, capability_minor, multiprocessors;
  int32_t driver;  // the CUDA that it supports: 12060 is 12.6
  int64_t total_bytes, free_bytes;
};

class CudaDriver {
 public:
  // The driver, initialised once. Throws Error(kBackendUnavailable) with the reason and the remedy where
  // there is none or it finds no device.
  static const CudaDriver& get();

  // Of the first device, which alone is used.
  DeviceFacts facts() const;

  // Makes the device's primary context, which TensorRT uses too, current on this thread.
  void use() const;

  // Each throws Error(kBackendUnavailable) naming the call that failed.
  DevicePointer allocate(int64_t bytes) const;
  void* allocate_host(int64_t bytes) const;  // page-locked, so that copies are asynchronous
  Stream make_stream() const;
  void upload(DevicePointer to, const void* from, int64_t bytes, Stream stream) const;
  void download(void* to, DevicePointer from, int64_t bytes, Stream stream) const;
  void copy_to_host(void* to, DevicePointer from, int64_t bytes) const;  // done when it returns
  void synchronize(Stream stream) const;
  void launch(LaunchGraph graph, Stream stream) const;

  // What `work` puts on the stream as one graph; null where it cannot be captured.
  template <typename F>
  LaunchGraph capture(Stream stream, F&& work) const {
    if (!begin_capture(stream)) return nullptr;
    bool good = true;
    try {
      work();
    } catch (...) {
      good = false;  // the stream must leave its capture first
    }
    return end_capture(stream, good);
  }

  // For destructors: errors are not reported.
  void free(DevicePointer pointer) const noexcept;
  void free_host(void* pointer) const noexcept;
  void free_stream(Stream stream) const noexcept;
  void free_graph(LaunchGraph graph) const noexcept;

 private:
  CudaDriver();
  bool begin_capture(Stream stream) const;
  LaunchGraph end_capture(Stream stream, bool keep) const;

  int32_t device_ = 0;
  void* context_ = nullptr;
};

}  // namespace facesdk::tensorrt
