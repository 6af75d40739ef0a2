// Safetensors files: a JSON header, then arrays one after the other; memory-mapped, never copied.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace facesdk {

enum class DType { kF32, kF16, kI8, kU8, kI16, kU16, kI32, kI64 };

struct Tensor {
  DType dtype;
  std::vector<int64_t> shape;
  const void* data;  // C order, little endian; may be unaligned where the file is
  int64_t bytes;

  int64_t count() const;  // numbers
};

// An open file; tensors point into it. Immutable, shared by threads.
class Safetensors {
 public:
  // Throws Error(kAsset) naming the file where it is missing, cut short, or its header does not describe it.
  static std::shared_ptr<const Safetensors> open(const std::string& path);
  static std::shared_ptr<const Safetensors> from_memory(const uint8_t* data, int64_t bytes,
                                                        const std::string& name);  // data outlives it

  const std::string& name() const;                             // of the file, without folders
  const std::map<std::string, std::string>& metadata() const;  // "__metadata__"
  const std::map<std::string, Tensor>& tensors() const;

  // nullptr where there is none.
  const Tensor* find(const std::string& key) const;

  // The tensor with that dtype and shape (-1: any extent), aligned for its dtype. Throws Error(kAsset) naming
  // file, tensor, what came and what was expected. `T` is float, int8_t, uint8_t, int16_t, int32_t or
  // uint16_t, which takes the bits of F16 too.
  template <typename T>
  const T* require(const std::string& key, const std::vector<int64_t>& shape) const;

 private:
  struct Impl;
  explicit Safetensors(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace facesdk
