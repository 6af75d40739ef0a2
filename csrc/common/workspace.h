// Memory that one frame leaves for the next.
#pragma once

#include <cstdint>
#include <vector>

namespace facesdk {

// Room for `count` values, which grows and never shrinks; what it holds is undefined.
template <typename T>
T* at_least(std::vector<T>& values, int64_t count) {
  if (static_cast<int64_t>(values.size()) < count) values.resize(static_cast<size_t>(count));
  return values.data();
}

}  // namespace facesdk
