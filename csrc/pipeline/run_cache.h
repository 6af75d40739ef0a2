// Runs of one network by picture size, so that a steady video prepares none.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/inference.h"

namespace facesdk {

class RunCache {
 public:
  // The run for this size; the one that was used longest ago makes room for a new one.
  NetworkRun& get(const Network& network, int32_t height, int32_t width) {
    ++clock_;
    Entry* oldest = nullptr;
    for (Entry& entry : entries_) {
      if (entry.height == height && entry.width == width) {
        entry.used = clock_;
        return *entry.run;
      }
      if (oldest == nullptr || entry.used < oldest->used) oldest = &entry;
    }
    std::unique_ptr<NetworkRun> run = network.prepare(height, width);
    if (entries_.size() < kMostSizes) {
      entries_.push_back({height, width, clock_, std::move(run)});
      return *entries_.back().run;
    }
    *oldest = {height, width, clock_, std::move(run)};
    return *oldest->run;
  }

 private:
  static constexpr size_t kMostSizes = 6;
  struct Entry {
    int32_t height, width;
    uint64_t used;
    std::unique_ptr<NetworkRun> run;
  };
  std::vector<Entry> entries_;
  uint64_t clock_ = 0;
};

}  // namespace facesdk
