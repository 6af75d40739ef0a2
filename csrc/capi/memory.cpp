#include "capi/memory.h"

#include <cstdlib>
#include <new>

#include "common/error.h"

namespace facesdk::capi {
namespace {

// malloc aligns for every type of the handles.
void* allocate_default(void*, size_t bytes, size_t) { return std::malloc(bytes); }
void release_default(void*, void* memory) { std::free(memory); }

}  // namespace

Memory::Memory(const facesdk_allocator& hooks) : hooks_(hooks) {
  if ((hooks.allocate == nullptr) != (hooks.release == nullptr)) {
    throw Error(ErrorCode::kInvalidOptions, "allocator: got one hook, expected allocate and release");
  }
  if (hooks.allocate == nullptr) hooks_ = {nullptr, &allocate_default, &release_default};
}

void* Memory::allocate(size_t bytes, size_t alignment) const {
  void* const memory = hooks_.allocate(hooks_.context, bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void Memory::release(void* memory) const noexcept {
  if (memory != nullptr) hooks_.release(hooks_.context, memory);
}

uint8_t* Bytes::at_least(size_t count) {
  if (size_ < count) {
    memory_.release(data_);
    data_ = nullptr, size_ = 0;  // stay true where there is no memory
    data_ = static_cast<uint8_t*>(memory_.allocate(count, alignof(std::max_align_t)));
    size_ = count;
  }
  return data_;
}

}  // namespace facesdk::capi
