#include <atomic>
#include <thread>

#include "common/thread_pool.h"
#include "support.h"

namespace facesdk::test {

// One caller has the pool, the others work alone, and all get the same.
TEST_CASE("thread pool: jobs of several callers at once") {
  std::vector<std::thread> callers;
  std::vector<std::vector<int32_t>> counts(4, std::vector<int32_t>(1000));
  for (auto& own : counts) {
    callers.emplace_back([&own] {
      for (int run = 0; run < 200; ++run) {
        parallel_bands(static_cast<int64_t>(own.size()), 1 + run % 4, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) ++own[static_cast<size_t>(i)];
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const auto& own : counts) CHECK(own == std::vector<int32_t>(1000, 200));
}

TEST_CASE("thread pool: pieces that run at the same time have different workers") {
  constexpr int kThreads = 4;
  std::atomic<int> inside[kThreads] = {};
  std::atomic<bool> alone{true};
  std::atomic<int64_t> done{0};
  for (int run = 0; run < 50; ++run) {
    parallel_tasks(64, kThreads, [&](int64_t, int worker) {
      if (worker < 0 || worker >= kThreads || inside[worker].fetch_add(1) != 0) alone = false;
      std::this_thread::yield();
      if (worker >= 0 && worker < kThreads) inside[worker].fetch_sub(1);
      ++done;
    });
  }
  CHECK(alone);
  CHECK(done == 50 * 64);
}

}  // namespace facesdk::test
