// Arrays in device memory and a stream, freed with their owner.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/error.h"

namespace facesdk {

inline void check(cudaError_t error) {
  if (error == cudaSuccess) return;
  throw Error(ErrorCode::kBackendUnavailable,
              std::string("CUDA: ") + cudaGetErrorString(error) + ": see facesdk info");
}

// What each byte of a new array is: what is read unwritten is found by its values.
constexpr int kUnwritten = 0xA5;

template <typename T>
class DeviceArray {
 public:
  explicit DeviceArray(int64_t count) : count_(static_cast<size_t>(count)) {
    check(cudaMalloc(reinterpret_cast<void**>(&data_), bytes() > 0 ? bytes() : 1));
    check(cudaMemset(data_, kUnwritten, bytes()));
  }
  template <typename Allocator>
  explicit DeviceArray(const std::vector<T, Allocator>& values)
      : DeviceArray(static_cast<int64_t>(values.size())) {
    check(cudaMemcpy(data_, values.data(), bytes(), cudaMemcpyHostToDevice));
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }

  // Waits for everything that is enqueued.
  std::vector<T> values() const {
    std::vector<T> out(count_);
    check(cudaMemcpy(out.data(), data_, bytes(), cudaMemcpyDeviceToHost));
    return out;
  }

 private:
  size_t bytes() const { return count_ * sizeof(T); }

  size_t count_;
  T* data_ = nullptr;
};

class Stream {
 public:
  Stream() { check(cudaStreamCreate(&stream_)); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  cudaStream_t get() const { return stream_; }
  void wait() const { check(cudaStreamSynchronize(stream_)); }

 private:
  cudaStream_t stream_ = nullptr;
};

}  // namespace facesdk
