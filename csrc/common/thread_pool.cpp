#include "common/thread_pool.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#define FACESDK_FORKS 1
#else
#define FACESDK_FORKS 0
#endif

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace facesdk {
namespace {

void relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

// A frame's jobs follow each other within microseconds, but waking a thread takes tens: so it looks for the
// next for a while before it sleeps.
constexpr int kSpins = 1000;

class Pool {
 public:
  // False if another thread has the pool: then the work is the caller's alone.
  bool run(int64_t count, int threads, Task task, const void* context) {
    const std::unique_lock<std::mutex> own(owner_, std::try_to_lock);
    if (!own.owns_lock()) return false;
    const int64_t helpers = std::min<int64_t>(threads, count) - 1;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      while (workers_ < helpers) {
        std::thread([this] { work(); }).detach();
        ++workers_;
      }
      task_ = task, context_ = context, count_ = count, places_ = helpers;
      next_.store(0, std::memory_order_relaxed);
      job_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    take_all(task, context, count, 0);
    // Who has not begun by now finds nothing left; who has is waited for.
    for (int spin = 0; spin < kSpins && inside_.load(std::memory_order_acquire) != 0; ++spin) relax();
    std::unique_lock<std::mutex> lock(mutex_);
    places_ = 0;
    left_.wait(lock, [this] { return inside_.load(std::memory_order_relaxed) == 0; });
    return true;
  }

 private:
  void take_all(Task task, const void* context, int64_t count, int worker) {
    for (int64_t n = next_.fetch_add(1); n < count; n = next_.fetch_add(1)) task(context, n, worker);
  }

  void work() {
    uint64_t seen = 0;
    for (;;) {
      for (int spin = 0; spin < kSpins && job_.load(std::memory_order_acquire) == seen; ++spin) relax();
      Task task;
      const void* context;
      int64_t count;
      int worker;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return job_.load(std::memory_order_relaxed) != seen; });
        seen = job_.load(std::memory_order_relaxed);
        if (places_ == 0) continue;
        worker = static_cast<int>(places_--);
        inside_.fetch_add(1, std::memory_order_relaxed);
        task = task_, context = context_, count = count_;
      }
      take_all(task, context, count, worker);
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        inside_.fetch_sub(1, std::memory_order_release);
      }
      left_.notify_one();
    }
  }

  std::mutex owner_;  // held by the thread whose job it is
  std::mutex mutex_;
  std::condition_variable wake_, left_;
  std::atomic<uint64_t> job_{0};
  std::atomic<int64_t> next_{0}, inside_{0};
  int64_t workers_ = 0, places_ = 0, count_ = 0;
  Task task_ = nullptr;
  const void* context_ = nullptr;
};

// Never destroyed: its threads may still wait on it while the program ends.
std::atomic<Pool*> pool{nullptr};

Pool& the_pool() {
  if (Pool* known = pool.load(std::memory_order_acquire)) return *known;
  static std::mutex first;
  const std::lock_guard<std::mutex> lock(first);
  if (Pool* known = pool.load(std::memory_order_acquire)) return *known;
#if FACESDK_FORKS
  // A child has none of its parent's threads: it starts its own.
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { pool.store(nullptr, std::memory_order_relaxed); });
  static_cast<void>(registered);
#endif
  Pool* made = new Pool;
  pool.store(made, std::memory_order_release);
  return *made;
}

}  // namespace

void run_tasks(int64_t count, int threads, Task task, const void* context) {
  if (the_pool().run(count, threads, task, context)) return;
  for (int64_t number = 0; number < count; ++number) task(context, number, 0);
}

}  // namespace facesdk
