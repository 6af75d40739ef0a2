// Mutated safetensors files.
//
// Half of the mutations change the JSON of the header or of the metadata value by value, since random bytes
// rarely get past it; the rest flip, cut or insert bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "assets/json.h"

namespace facesdk::fuzz {

// A safetensors file in parts.
struct File {
  Json header;
  std::map<std::string, Json> documents;  // entries of the metadata that are JSON texts
  std::string arrays;

  void add(const std::string& key, const char* dtype, const Json& shape, const std::string& bytes);
  // Without `documents`.
  std::string bytes(const std::string& header_text) const;
};

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
std::string repeated(T value, size_t count) {
  return bytes_of(std::vector<T>(count, value));
}

void seed(uint64_t state);
uint32_t random_below(uint32_t limit);

// The bytes of `sound` with one to four mutations.
std::string mutated(const File& sound);

}  // namespace facesdk::fuzz
