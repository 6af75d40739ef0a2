// Memory from the caller's hooks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "facesdk.h"

namespace facesdk::capi {

class Memory {
 public:
  // malloc and free where all of the hooks are NULL. Throws Error(kInvalidOptions) where only one is.
  explicit Memory(const facesdk_allocator& hooks);

  void* allocate(size_t bytes, size_t alignment) const;  // throws std::bad_alloc
  void release(void* memory) const noexcept;

 private:
  facesdk_allocator hooks_;
};

template <typename T, typename... Args>
T* create(const Memory& memory, Args&&... args) {
  void* const room = memory.allocate(sizeof(T), alignof(T));
  try {
    return new (room) T{std::forward<Args>(args)...};
  } catch (...) {
    memory.release(room);
    throw;
  }
}

template <typename T>
void destroy(const Memory& memory, T* object) noexcept {
  object->~T();
  memory.release(object);
}

// Bytes that grow and never shrink; what they hold is lost when they grow.
class Bytes {
 public:
  explicit Bytes(const Memory& memory) : memory_(memory) {}
  ~Bytes() { memory_.release(data_); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  uint8_t* at_least(size_t count);

 private:
  Memory memory_;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace facesdk::capi
