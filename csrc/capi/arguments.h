// Size-prefixed structs that cross the border: either side may know fewer fields than the other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "common/error.h"

namespace facesdk::capi {

inline void require(bool holds, const char* message) {
  if (!holds) throw Error(ErrorCode::kInvalidArgument, message);
}

// Throws where a pointer is NULL.
template <typename T>
T& given(T* pointer, const char* name) {
  if (pointer == nullptr) {
    throw Error(ErrorCode::kInvalidArgument, std::string(name) + ": got NULL, expected a pointer");
  }
  return *pointer;
}

// first_size: of the struct in version 1 of the API.
template <typename T>
uint32_t struct_size(const T* pointer, uint32_t first_size, const char* name) {
  const uint32_t size = given(pointer, name).struct_size;
  if (size < first_size) {
    throw Error(ErrorCode::kInvalidArgument, std::string(name) + ".struct_size: got " + std::to_string(size) +
                                                 ", expected sizeof(facesdk_" + name + ")");
  }
  return size;
}

// The caller's struct; fields that its version lacks are those of `defaults`. A field that this library does
// not know must be zero: ignoring a setting would be worse than refusing it.
template <typename T>
T read_struct(const T* pointer, uint32_t first_size, const char* name, const T& defaults = T{}) {
  const uint32_t size = struct_size(pointer, first_size, name);
  T out = defaults;
  std::memcpy(&out, pointer, std::min<size_t>(size, sizeof(T)));
  const auto* bytes = reinterpret_cast<const unsigned char*>(pointer);
  for (size_t i = sizeof(T); i < size; ++i) {
    if (bytes[i] != 0) {
      throw Error(ErrorCode::kInvalidArgument, std::string(name) +
                                                   ": a field of a later version is set, expected 0; this "
                                                   "library does not know it");
    }
  }
  return out;
}

// Fills the fields that the caller's version has; struct_size stays the caller's.
template <typename T>
void write_struct(T values, T* pointer) {
  values.struct_size = pointer->struct_size;
  std::memcpy(pointer, &values, std::min<size_t>(pointer->struct_size, sizeof(T)));
}

}  // namespace facesdk::capi
