// Memory for many arrays that are read together and freed together: side by side, in large pages on Linux. A
// network touches a thousand small pages a run; where a hypervisor translates each address twice, that is a
// tenth of its time.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace facesdk {

class Arena {
 public:
  static constexpr size_t kCacheLine = 64;
  static constexpr size_t kLargePage = size_t{1} << 21;

  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  // Room for `bytes` from a cache line on, freed with the arena.
  void* take(size_t bytes);

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::vector<std::unique_ptr<std::byte, Free>> blocks_;
  size_t used_ = 0, size_ = 0;  // of the last block
};

}  // namespace facesdk
