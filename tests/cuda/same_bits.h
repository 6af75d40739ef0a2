// Comparison of what a kernel and the CPU give for the same input.
#pragma once

#include <doctest.h>

#include <cstring>
#include <vector>

namespace facesdk::test {

// Where two arrays first differ in their bits; -1: nowhere.
template <typename T>
int64_t first_difference(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0) return static_cast<int64_t>(i);
  }
  return -1;
}

}  // namespace facesdk::test

#define CHECK_SAME_BITS(kernel, cpu) CHECK(::facesdk::test::first_difference(kernel, cpu) == -1)
