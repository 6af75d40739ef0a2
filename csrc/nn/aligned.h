// Arrays that start at a cache line, so that no vector load of them crosses two; those of an arena lie side
// by side in large pages.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <vector>

#include "nn/arena.h"

namespace facesdk {

// An array of an arena must not outlive it; a copy of it is an array of its own.
template <typename T>
struct CacheLineAllocator {
  using value_type = T;
  using propagate_on_container_move_assignment = std::true_type;
  static constexpr std::align_val_t kAlignment{Arena::kCacheLine};

  CacheLineAllocator() = default;
  explicit CacheLineAllocator(Arena* of) : arena(of) {}
  template <typename U>
  CacheLineAllocator(const CacheLineAllocator<U>& other) : arena(other.arena) {}
  CacheLineAllocator select_on_container_copy_construction() const { return {}; }

  T* allocate(size_t count) {
    if (count > static_cast<size_t>(-1) / sizeof(T)) throw std::bad_alloc();
    if (arena != nullptr) return static_cast<T*>(arena->take(count * sizeof(T)));
    return static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
  }
  void deallocate(T* pointer, size_t) {
    if (arena == nullptr) ::operator delete(pointer, kAlignment);
  }

  template <typename U>
  bool operator==(const CacheLineAllocator<U>& other) const {
    return arena == other.arena;
  }
  template <typename U>
  bool operator!=(const CacheLineAllocator<U>& other) const {
    return arena != other.arena;
  }

  Arena* arena = nullptr;
};

template <typename T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

// Moves an array's numbers into an arena.
template <typename T>
void move_into(Arena* arena, AlignedVector<T>* values) {
  *values = AlignedVector<T>(values->begin(), values->end(), CacheLineAllocator<T>(arena));
}

}  // namespace facesdk
