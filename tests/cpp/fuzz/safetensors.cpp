// The container: a file with a tensor of every dtype, an empty one and a scalar.
#include <cstdlib>
#include <string>

#include "common/error.h"
#include "fuzz/assets.h"

namespace facesdk::fuzz {
namespace {

volatile uint64_t sink;  // so that every byte is read

uint64_t sum_of(const void* data, int64_t bytes) {
  const auto* const from = static_cast<const uint8_t*>(data);
  uint64_t sum = 0;
  for (int64_t i = 0; i < bytes; ++i) sum += from[i];
  return sum;
}

// The tensor as numbers of one type, or a refusal.
template <typename T>
void use_as(const Safetensors& file, const std::string& key, const Tensor& tensor) {
  try {
    const T* const numbers = file.require<T>(key, tensor.shape);
    if (reinterpret_cast<uintptr_t>(numbers) % alignof(T) != 0) std::abort();
    sink = sum_of(numbers, tensor.bytes);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kAsset) throw;
  }
}

}  // namespace

File sound_safetensors() {
  File file;
  file.documents["facesdk"] = {{"input_size", 96}, {"layout", {{"alpha", 80}}}};
  file.add("half", "F16", {3, 2}, repeated<uint16_t>(0x3c00, 6));
  file.add("floats", "F32", {2, 3}, repeated<float>(1.5f, 6));
  file.add("bytes", "U8", Json::array({5}), repeated<uint8_t>(200, 5));
  file.add("signed", "I8", Json::array({3}), repeated<int8_t>(-3, 3));
  file.add("short", "I16", Json::array({2}), repeated<int16_t>(-300, 2));
  file.add("unsigned", "U16", {1, 1, 2}, repeated<uint16_t>(60000, 2));
  file.add("int", "I32", Json::array({4}), repeated<int32_t>(-70000, 4));
  file.add("long", "I64", Json::array({2}), repeated<int64_t>(int64_t{1} << 40, 2));
  file.add("empty", "F32", {0, 7}, "");
  file.add("scalar", "F32", Json::array(), repeated<float>(2.0f, 1));
  return file;
}

void use_safetensors(const std::shared_ptr<const Safetensors>& file) {
  uint64_t sum = 0;
  for (const auto& [key, text] : file->metadata())
    sum += key.size() + sum_of(text.data(), static_cast<int64_t>(text.size()));
  for (const auto& [key, tensor] : file->tensors()) {
    sum += sum_of(tensor.data, tensor.bytes) + static_cast<uint64_t>(tensor.count());
    use_as<float>(*file, key, tensor), use_as<int8_t>(*file, key, tensor),
        use_as<uint8_t>(*file, key, tensor);
    use_as<int16_t>(*file, key, tensor), use_as<uint16_t>(*file, key, tensor),
        use_as<int32_t>(*file, key, tensor);
  }
  sink = sum;
}

}  // namespace facesdk::fuzz
