#include "assets/safetensors.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "assets/json.h"
#include "assets/mapped_file.h"
#include "common/error.h"

namespace facesdk {
namespace {

#if defined(__BYTE_ORDER__)
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "arrays are used as they lie in the file");
#endif

constexpr int64_t kLengthBytes = 8;            // of the header's length
constexpr int64_t kLongestHeader = 8ll << 20;  // bytes; ours take 20 kB
constexpr int64_t kMostDimensions = 8;         // of one tensor
constexpr int64_t kLargestFile = 1ll << 40;    // bytes
constexpr int64_t kMostTensors = 1ll << 16;    // in one file

struct Kind {
  const char* name;  // in the file
  DType dtype;
  int64_t bytes;  // of one number
};

constexpr Kind kKinds[] = {{"F32", DType::kF32, 4}, {"F16", DType::kF16, 2}, {"I8", DType::kI8, 1},
                           {"U8", DType::kU8, 1},   {"I16", DType::kI16, 2}, {"U16", DType::kU16, 2},
                           {"I32", DType::kI32, 4}, {"I64", DType::kI64, 8}};

const Kind& kind_of(DType dtype) {
  return *std::find_if(std::begin(kKinds), std::end(kKinds),
                       [dtype](const Kind& kind) { return kind.dtype == dtype; });
}

[[noreturn]] void damaged(const std::string& name, const std::string& what) {
  throw Error(ErrorCode::kAsset, name + ": " + what);
}

std::string describe(DType dtype, const std::vector<int64_t>& shape) {
  std::string text = std::string(kind_of(dtype).name) + " (";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i > 0 ? ", " : "") + (shape[i] < 0 ? std::string("any") : std::to_string(shape[i]));
  }
  return text + ")";
}

// One entry of the header, its bytes checked against the file's.
Tensor read_tensor(const Json& entry, const uint8_t* data, int64_t data_bytes, const std::string& label) {
  const std::string& dtype = json_string(json_member(entry, "dtype", label), label + ".dtype");
  const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                 [&dtype](const Kind& known) { return dtype == known.name; });
  if (kind == std::end(kKinds)) {
    damaged(label, "got dtype '" + printable(dtype) + "', expected F32, F16, I8, U8, I16, U16, I32 or I64");
  }
  Tensor tensor{kind->dtype, {}, nullptr, kind->bytes};
  for (const Json& extent :
       json_array(json_member(entry, "shape", label), kMostDimensions, label + ".shape")) {
    const int64_t count = json_integer(extent, 0, kLargestFile, label + ".shape");
    tensor.shape.push_back(count);
    // Both factors are at most 2^40, so the product is compared before it is made.
    if (count > 0 && tensor.bytes > kLargestFile / count) damaged(label, "its shape is too large");
    tensor.bytes *= count;
  }
  const Json& offsets = json_array(json_member(entry, "data_offsets", label), 2, label + ".data_offsets");
  if (offsets.size() != 2) damaged(label, "got one data offset, expected its begin and end");
  const int64_t begin = json_integer(offsets[0], 0, data_bytes, label + ".data_offsets");
  const int64_t end = json_integer(offsets[1], begin, data_bytes, label + ".data_offsets");
  if (end - begin != tensor.bytes) {
    damaged(label, "got " + std::to_string(end - begin) + " bytes, expected " + std::to_string(tensor.bytes) +
                       " for " + describe(tensor.dtype, tensor.shape));
  }
  tensor.data = data + begin;
  return tensor;
}

// The tensors follow one another without gap or overlap from the first byte behind the header to the last.
void check_cover(const std::map<std::string, Tensor>& tensors, const uint8_t* data, int64_t bytes,
                 const std::string& name) {
  std::vector<const Tensor*> order;
  for (const auto& [key, tensor] : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const Tensor* a, const Tensor* b) {
    return a->data != b->data ? a->data < b->data : a->bytes < b->bytes;
  });
  const uint8_t* next = data;
  for (const Tensor* tensor : order) {
    if (tensor->data != next) damaged(name, "its arrays overlap or leave a gap");
    next += tensor->bytes;
  }
  if (next != data + bytes) {
    damaged(name, "got " + std::to_string(bytes) + " bytes of arrays, its header describes " +
                      std::to_string(next - data) + "; the file was cut short or added to");
  }
}

template <typename T>
bool holds(DType dtype);
template <>
bool holds<float>(DType dtype) {
  return dtype == DType::kF32;
}
template <>
bool holds<int8_t>(DType dtype) {
  return dtype == DType::kI8;
}
template <>
bool holds<uint8_t>(DType dtype) {
  return dtype == DType::kU8;
}
template <>
bool holds<int16_t>(DType dtype) {
  return dtype == DType::kI16;
}
template <>
bool holds<uint16_t>(DType dtype) {
  return dtype == DType::kU16 || dtype == DType::kF16;
}
template <>
bool holds<int32_t>(DType dtype) {
  return dtype == DType::kI32;
}

template <typename T>
DType preferred() {
  return std::find_if(std::begin(kKinds), std::end(kKinds),
                      [](const Kind& kind) { return holds<T>(kind.dtype) && kind.dtype != DType::kF16; })
      ->dtype;
}

}  // namespace

struct Safetensors::Impl {
  std::string name;
  std::unique_ptr<const MappedFile> file;  // none where the bytes are somebody else's
  std::map<std::string, std::string> metadata;
  std::map<std::string, Tensor> tensors;
  std::mutex mutex;                                       // of `aligned`
  std::map<const Tensor*, std::vector<int64_t>> aligned;  // copies of tensors that lie at odd addresses

  void read(const uint8_t* data, int64_t bytes);
  const void* at_alignment(const Tensor& tensor, size_t alignment);
};

void Safetensors::Impl::read(const uint8_t* data, int64_t bytes) {
  if (bytes < kLengthBytes || bytes > kLargestFile) {
    damaged(name, "got " + std::to_string(bytes) + " bytes, expected a safetensors file");
  }
  uint64_t length;
  std::memcpy(&length, data, sizeof length);
  if (length > static_cast<uint64_t>(std::min(kLongestHeader, bytes - kLengthBytes))) {
    damaged(name, "got a header of " + std::to_string(length) + " bytes, expected at most " +
                      std::to_string(std::min(kLongestHeader, bytes - kLengthBytes)) +
                      "; it is no safetensors file or was cut short");
  }
  const char* const begin = reinterpret_cast<const char*>(data + kLengthBytes);
  const Json header = parse_json(begin, begin + length, name);
  if (!header.is_object()) damaged(name, "its header is no JSON object");
  if (static_cast<int64_t>(header.size()) > kMostTensors) damaged(name, "it holds too many arrays");
  const uint8_t* const arrays = data + kLengthBytes + length;
  const int64_t array_bytes = bytes - kLengthBytes - static_cast<int64_t>(length);
  for (const auto& [key, entry] : header.items()) {
    const std::string label = name + ": " + printable(key);
    if (key == "__metadata__") {
      if (!entry.is_object()) damaged(label, "expected an object of strings");
      for (const auto& [what, text] : entry.items()) metadata[what] = json_string(text, label);
    } else {
      tensors.emplace(key, read_tensor(entry, arrays, array_bytes, label));
    }
  }
  check_cover(tensors, arrays, array_bytes, name);
}

const void* Safetensors::Impl::at_alignment(const Tensor& tensor, size_t alignment) {
  if (reinterpret_cast<uintptr_t>(tensor.data) % alignment == 0) return tensor.data;
  const std::lock_guard<std::mutex> lock(mutex);
  std::vector<int64_t>& copy = aligned[&tensor];
  if (copy.empty()) {
    copy.resize(static_cast<size_t>(tensor.bytes) / sizeof(int64_t) + 1);
    std::memcpy(copy.data(), tensor.data, static_cast<size_t>(tensor.bytes));
  }
  return copy.data();
}

int64_t Tensor::count() const { return bytes / kind_of(dtype).bytes; }

std::shared_ptr<const Safetensors> Safetensors::open(const std::string& path) {
  auto impl = std::make_shared<Impl>();
  impl->name = path.substr(path.find_last_of("/\\") + 1);  // npos + 1 is 0
  impl->file = std::make_unique<const MappedFile>(path, impl->name);
  impl->read(impl->file->data(), impl->file->bytes());
  return std::shared_ptr<const Safetensors>(new Safetensors(std::move(impl)));
}

std::shared_ptr<const Safetensors> Safetensors::from_memory(const uint8_t* data, int64_t bytes,
                                                            const std::string& name) {
  auto impl = std::make_shared<Impl>();
  impl->name = name;
  impl->read(data, bytes);
  return std::shared_ptr<const Safetensors>(new Safetensors(std::move(impl)));
}

const std::string& Safetensors::name() const { return impl_->name; }
const std::map<std::string, std::string>& Safetensors::metadata() const { return impl_->metadata; }
const std::map<std::string, Tensor>& Safetensors::tensors() const { return impl_->tensors; }

const Tensor* Safetensors::find(const std::string& key) const {
  const auto found = impl_->tensors.find(key);
  return found == impl_->tensors.end() ? nullptr : &found->second;
}

template <typename T>
const T* Safetensors::require(const std::string& key, const std::vector<int64_t>& shape) const {
  const Tensor* const tensor = find(key);
  const std::string label = impl_->name + ": " + printable(key);
  if (tensor == nullptr) {
    damaged(label, "the array is missing, expected " + describe(preferred<T>(), shape));
  }
  const bool fits = holds<T>(tensor->dtype) && tensor->shape.size() == shape.size() &&
                    std::equal(shape.begin(), shape.end(), tensor->shape.begin(),
                               [](int64_t wanted, int64_t came) { return wanted < 0 || wanted == came; });
  if (!fits) {
    damaged(label, "got " + describe(tensor->dtype, tensor->shape) + ", expected " +
                       describe(preferred<T>(), shape));
  }
  return static_cast<const T*>(impl_->at_alignment(*tensor, alignof(T)));
}

template const float* Safetensors::require<float>(const std::string&, const std::vector<int64_t>&) const;
template const int8_t* Safetensors::require<int8_t>(const std::string&, const std::vector<int64_t>&) const;
template const uint8_t* Safetensors::require<uint8_t>(const std::string&, const std::vector<int64_t>&) const;
template const int16_t* Safetensors::require<int16_t>(const std::string&, const std::vector<int64_t>&) const;
template const uint16_t* Safetensors::require<uint16_t>(const std::string&,
                                                        const std::vector<int64_t>&) const;
template const int32_t* Safetensors::require<int32_t>(const std::string&, const std::vector<int64_t>&) const;

}  // namespace facesdk
