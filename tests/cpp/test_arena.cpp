#include <cstdint>
#include <cstring>
#include <utility>

#include "nn/aligned.h"
#include "support.h"

namespace facesdk::test {

TEST_CASE("arena: arrays start at cache lines and do not overlap") {
  Arena arena;
  std::vector<std::pair<uint8_t*, size_t>> taken;
  const size_t sizes[] = {1, 63, 64, 65, 4096, Arena::kLargePage - 1, Arena::kLargePage + 1, 3};
  for (const size_t size : sizes) {
    uint8_t* const memory = static_cast<uint8_t*>(arena.take(size));
    CHECK(reinterpret_cast<uintptr_t>(memory) % Arena::kCacheLine == 0);
    std::memset(memory, static_cast<int>(taken.size() + 1), size);
    taken.emplace_back(memory, size);
  }
  for (size_t i = 0; i < taken.size(); ++i) {
    CHECK(taken[i].first[0] == i + 1);
    CHECK(taken[i].first[taken[i].second - 1] == i + 1);
  }
}

TEST_CASE("arena: an array that moved into an arena keeps its numbers, and a copy of it outlives the arena") {
  AlignedVector<int32_t> copy;
  {
    Arena arena;
    AlignedVector<int32_t> values{3, 1, 2};
    move_into(&arena, &values);
    CHECK(values == AlignedVector<int32_t>{3, 1, 2});
    copy = AlignedVector<int32_t>(values);
    AlignedVector<int32_t> moved = std::move(values);
    CHECK(moved.get_allocator().arena == &arena);
  }
  CHECK(copy.get_allocator().arena == nullptr);
  CHECK(copy == AlignedVector<int32_t>{3, 1, 2});
}

}  // namespace facesdk::test
