#include "nn/arena.h"

#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace facesdk {
namespace {

constexpr std::align_val_t kAlignment{Arena::kLargePage};

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kApart = true;  // so that a read past the end of an array is found
#else
constexpr bool kApart = false;
#endif

constexpr size_t rounded(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

}  // namespace

void Arena::Free::operator()(std::byte* memory) const { ::operator delete(memory, kAlignment); }

void* Arena::take(size_t bytes) {
  if (bytes > static_cast<size_t>(-1) - kLargePage) throw std::bad_alloc();
  const size_t size = kApart ? bytes : rounded(bytes, kCacheLine);
  if (kApart || size > size_ - used_) {
    const size_t block = kApart ? size : rounded(size, kLargePage);
    blocks_.reserve(blocks_.size() + 1);  // before the block, which would leak if this threw
    blocks_.emplace_back(static_cast<std::byte*>(::operator new(block, kAlignment)));
    used_ = 0, size_ = block;
#if defined(__linux__)
    if (!kApart) madvise(blocks_.back().get(), block, MADV_HUGEPAGE);  // the system may decline
#endif
  }
  void* const memory = blocks_.back().get() + used_;
  used_ += size;
  return memory;
}

}  // namespace facesdk
