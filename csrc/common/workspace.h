// Working memory of ops, kept from call to call so that a frame allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace facesdk {

// Room for `count` values, which grows and never shrinks; what it holds is undefined.
template <typename T>
T* at_least(std::vector<T>& values, int64_t count) {
  if (static_cast<int64_t>(values.size()) < count) values.resize(static_cast<size_t>(count));
  return values.data();
}

// One object of every type asked for: each op keeps its buffers in a struct of its own. A workspace belongs
// to one thread at a time; two ops that run after each other share it.
class Workspace {
 public:
  template <typename Buffers>
  Buffers& of() {
    for (Entry& entry : entries_) {
      if (entry.key == &Key<Buffers>::key) return *static_cast<Buffers*>(entry.buffers.get());
    }
    entries_.push_back({&Key<Buffers>::key, std::make_shared<Buffers>()});
    return *static_cast<Buffers*>(entries_.back().buffers.get());
  }

 private:
  template <typename Buffers>
  struct Key {
    static inline char key = 0;  // its address is the key
  };
  struct Entry {
    const void* key;
    std::shared_ptr<void> buffers;
  };
  std::vector<Entry> entries_;
};

// One set of buffers for each worker of a parallel loop.
template <typename Buffers>
class PerWorker {
 public:
  // Before the loop: sets 0 .. workers - 1.
  void reserve(int workers) {
    while (static_cast<int>(sets_.size()) < workers) sets_.push_back(std::make_unique<Buffers>());
  }
  Buffers& operator[](int worker) { return *sets_[static_cast<size_t>(worker)]; }

 private:
  std::vector<std::unique_ptr<Buffers>> sets_;
};

}  // namespace facesdk
