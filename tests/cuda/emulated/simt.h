// Emulation of a CUDA grid on one host thread: blocks run after each other, the threads of a block as fibers
// that change at barriers, in a chosen order. Shared memory is poisoned before each block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

namespace simt {

// In which order the blocks of a grid, and between two barriers the threads of a block, run.
enum class Order { kForward, kReverse, kShuffled };
void set_order(Order order, uint32_t seed = 0);

// What went wrong in the launches since the last call: accesses outside of memory, races, barriers that not
// all threads of a block reach. A thread with a wrong access ends there.
std::vector<std::string> take_problems();

// Whether the kernels were compiled so that each of their accesses is checked.
bool checks_accesses();

struct Here {
  dim3 thread, block, block_size, grid_size;
};
const Here& here();
void barrier();

int atomicAdd(int* to, int value);
unsigned long long atomicAdd(unsigned long long* to, unsigned long long value);
int atomicMax(int* to, int value);
unsigned long long atomicMin(unsigned long long* to, unsigned long long value);

// Calls thread(call) for each thread of the grid; `call` is `bytes` long.
void run_grid(dim3 grid, dim3 block, void (*thread)(const void*), const void* call, size_t bytes);

template <typename... Params, typename... Args>
void launch(void (*kernel)(Params...), dim3 grid, dim3 block, const Args&... args) {
  struct Call {
    void (*kernel)(Params...);
    std::tuple<Params...> args;
  };
  const Call call{kernel, std::tuple<Params...>(static_cast<Params>(args)...)};
  run_grid(
      grid, block,
      [](const void* of) {
        const Call& own = *static_cast<const Call*>(of);
        std::apply(own.kernel, own.args);
      },
      &call, sizeof call);
}

}  // namespace simt
