#include "emulated/simt.h"

#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>

#include "emulated/memory.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

// Begin and end of the section of all shared variables; null where no kernel has any.
extern "C" char __start_simt_shared[] __attribute__((weak));
extern "C" char __stop_simt_shared[] __attribute__((weak));

namespace simt {
namespace {

constexpr size_t kStack = size_t{256} << 10;
constexpr size_t kMostProblems = 200;
constexpr char kPoison = static_cast<char>(0xCD);

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack{new char[kStack]};
  bool done;
};

struct Grid {
  Order order = Order::kForward;
  uint32_t seed = 0;
  std::vector<std::string> problems;
  std::vector<std::unique_ptr<Fiber>> fibers;
  ucontext_t outside;
  Fiber* running = nullptr;
  Here here;
  void (*thread)(const void*) = nullptr;
  const void* call = nullptr;
  uint32_t launch = 0, block = 0, number = 0, phase = 0;
};

Grid& grid() {
  static Grid one;
  return one;
}

void report(const std::string& problem) {
  Grid& g = grid();
  if (g.problems.size() >= kMostProblems) return;
  g.problems.push_back(problem + ", block " + std::to_string(g.here.block.x) + " of face " +
                       std::to_string(g.here.block.y) + ", thread " + std::to_string(g.here.thread.x));
}

// The address sanitizer must know on which stack the program is.
void enter(Fiber& fiber) {
  Grid& g = grid();
  g.running = &fiber;
#if defined(__SANITIZE_ADDRESS__)
  void* own;
  __sanitizer_start_switch_fiber(&own, fiber.stack.get(), kStack);
#endif
  swapcontext(&g.outside, &fiber.context);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(own, nullptr, nullptr);
#endif
  g.running = nullptr;
}

#if defined(__SANITIZE_ADDRESS__)
const void* outside_stack = nullptr;
size_t outside_size = 0;
#endif

void leave(bool for_good) {
  Grid& g = grid();
  Fiber& fiber = *g.running;
  fiber.done = for_good;
#if defined(__SANITIZE_ADDRESS__)
  void* own = nullptr;
  __sanitizer_start_switch_fiber(for_good ? nullptr : &own, outside_stack, outside_size);
#endif
  swapcontext(&fiber.context, &g.outside);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(own, &outside_stack, &outside_size);
#endif
}

void run_fiber() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &outside_stack, &outside_size);
#endif
  grid().thread(grid().call);
  leave(true);
}

std::vector<uint32_t> ordered(size_t count, uint32_t salt) {
  std::vector<uint32_t> out(count);
  std::iota(out.begin(), out.end(), 0u);
  const Grid& g = grid();
  if (g.order == Order::kReverse) std::reverse(out.begin(), out.end());
  if (g.order == Order::kShuffled) std::shuffle(out.begin(), out.end(), std::mt19937(g.seed + salt));
  return out;
}

void start(Fiber& fiber) {
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = kStack;
  fiber.context.uc_link = nullptr;
  fiber.done = false;
  makecontext(&fiber.context, run_fiber, 0);
}

// The threads of one block, from barrier to barrier.
void run_block(size_t threads) {
  Grid& g = grid();
  if (__start_simt_shared != nullptr) {
    const auto bytes = static_cast<size_t>(__stop_simt_shared - __start_simt_shared);
    std::memset(__start_simt_shared, kPoison, bytes);
    add_region(__start_simt_shared, bytes, true);  // again for each block: they do not share it
  }
  for (size_t i = 0; i < threads; ++i) start(*g.fibers[i]);
  size_t waiting = threads;
  for (g.phase = 0; waiting > 0; ++g.phase) {
    size_t ended = 0;
    for (const uint32_t i : ordered(threads, 31 * g.block + g.phase)) {
      if (g.fibers[i]->done) continue;
      g.number = i, g.here.thread = dim3(i);
      enter(*g.fibers[i]);
      ended += g.fibers[i]->done;
    }
    waiting -= ended;
    if (ended > 0 && waiting > 0) return report("a barrier that not all threads of the block reach");
  }
}

}  // namespace

void set_order(Order order, uint32_t seed) { grid().order = order, grid().seed = seed; }

std::vector<std::string> take_problems() { return std::exchange(grid().problems, {}); }

const Here& here() { return grid().here; }

void barrier() { leave(false); }

void run_grid(dim3 size, dim3 block, void (*thread)(const void*), const void* call, size_t bytes) {
  Grid& g = grid();
  const size_t threads = block.x, blocks = static_cast<size_t>(size.x) * size.y;
  if (block.y * block.z * size.z != 1 || threads > 1024)
    throw std::logic_error("grids are (x, y) of blocks (x)");
  while (g.fibers.size() < threads) g.fibers.push_back(std::make_unique<Fiber>());
  ++g.launch;
  g.thread = thread, g.call = call;
  g.here.block_size = block, g.here.grid_size = size;
  add_region(call, bytes, false);
  add_region(&g.here, sizeof g.here, false);
  for (const uint32_t b : ordered(blocks, 0)) {
    g.block = b;
    g.here.block = dim3(b % size.x, b / size.x);
    run_block(threads);
  }
  remove_region(call);
  remove_region(&g.here);
  if (__start_simt_shared != nullptr) remove_region(__start_simt_shared);
}

// Of an access of the kernel that runs; one outside of memory ends its thread.
void on_access(const void* address, size_t bytes, bool write, bool atomic) {
  Grid& g = grid();
  if (g.running == nullptr) return;
  const auto* at = static_cast<const char*>(address);
  const char* stack = g.running->stack.get();
  if (at >= stack && at + bytes <= stack + kStack) return;
  const std::string problem =
      check_access(address, bytes, {g.launch, g.block, g.number, g.phase, write, atomic});
  if (problem.empty()) return;
  report(problem);
  if (problem.find("outside") != std::string::npos) leave(true);
}

namespace {

template <typename Value, typename Change>
Value changed(Value* to, const Change& change) {
  on_access(to, sizeof(Value), true, true);
  const Value before = *to;
  *to = change(before);
  return before;
}

}  // namespace

int atomicAdd(int* to, int value) {
  return changed(to, [=](int before) { return before + value; });
}
unsigned long long atomicAdd(unsigned long long* to, unsigned long long value) {
  return changed(to, [=](unsigned long long before) { return before + value; });
}
int atomicMax(int* to, int value) {
  return changed(to, [=](int before) { return std::max(before, value); });
}
unsigned long long atomicMin(unsigned long long* to, unsigned long long value) {
  return changed(to, [=](unsigned long long before) { return std::min(before, value); });
}

}  // namespace simt
