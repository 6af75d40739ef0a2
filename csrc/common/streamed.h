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
    void* memory = ::operator new(count * sizeof(T), alignment(count));
#if defined(__linux__)
    if (count * sizeof(T) >= kLargePage) madvise(memory, count * sizeof(T), MADV_HUGEPAGE);
#endif
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t count) { ::operator delete(memory, alignment(count)); }

  bool operator==(const StreamedAllocator&) const { return true; }
  bool operator!=(const StreamedAllocator&) const { return false; }

 private:
  static constexpr size_t kLargePage = size_t{1} << 21;
  static std::align_val_t alignment(size_t count) {
    return std::align_val_t{count * sizeof(T) >= kLargePage ? kLargePage : 64};
  }
};

template <typename T>
using Streamed = std::vector<T, StreamedAllocator<T>>;

}  // namespace facesdk
