// Memory for large tables that are read from one end to the other: no load crosses a cache line, and on Linux
// large pages keep the address translation out of the way.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace facesdk {

template <typename T>
struct StreamedAllocator {
  using value_type = T;

  StreamedAllocator() = default;
  template <typename Other>
  StreamedAllocator(const StreamedAllocator<Other>&) {}

  T* allocate(size_t count) {
    const size_t bytes = rounded(count);
    void* memory = ::operator new(bytes, alignment(bytes));
#if defined(__linux__)
    if (bytes >= kLargePage) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t count) { ::operator delete(memory, alignment(rounded(count))); }

  bool operator==(const StreamedAllocator&) const { return true; }
  bool operator!=(const StreamedAllocator&) const { return false; }

 private:
  static constexpr size_t kLargePage = size_t{1} << 21;
  // From a quarter of a large page on, whole ones.
  static size_t rounded(size_t count) {
    if (count > static_cast<size_t>(-1) / sizeof(T) - kLargePage) throw std::bad_alloc();
    const size_t bytes = count * sizeof(T);
    return bytes < kLargePage / 4 ? bytes : (bytes + kLargePage - 1) / kLargePage * kLargePage;
  }
  static std::align_val_t alignment(size_t bytes) {
    return std::align_val_t{bytes >= kLargePage ? kLargePage : 64};
  }
};

template <typename T>
using Streamed = std::vector<T, StreamedAllocator<T>>;

}  // namespace facesdk
