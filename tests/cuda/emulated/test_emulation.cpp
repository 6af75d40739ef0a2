// The emulated grid itself: wrong kernels are found, whatever the order.
#include <cuda_runtime.h>
#include <doctest.h>

#include <algorithm>
#include <vector>

#include "emulated/memory.h"
#include "emulated/wrong_kernels.h"
#include "support.h"

namespace facesdk::test {
namespace {

constexpr int kThreads = 64;
const auto kOrders = {simt::Order::kForward, simt::Order::kReverse, simt::Order::kShuffled};

struct Memory {
  explicit Memory(size_t count) { cudaMalloc(reinterpret_cast<void**>(&data), count * sizeof(int)); }
  ~Memory() { cudaFree(data); }
  int* data = nullptr;
};

bool is_found(const std::string& what) {
  const auto problems = simt::take_problems();
  return std::any_of(problems.begin(), problems.end(),
                     [&](const std::string& problem) { return problem.find(what) != std::string::npos; });
}

// Sums that the threads of a block take by turns through shared memory.
std::vector<int> neighbours(void (*kernel)(int*), simt::Order order) {
  simt::set_order(order, 7);
  const Memory out(kThreads);
  simt::launch(kernel, dim3(1), dim3(kThreads), out.data);
  simt::set_order(simt::Order::kForward);
  return {out.data, out.data + kThreads};
}

TEST_CASE("threads that meet at a barrier see what the others wrote, in any order") {
  std::vector<int> expected(kThreads);
  for (int i = 0; i < kThreads; ++i) expected[static_cast<size_t>(i)] = (i + 1) % kThreads;
  for (const simt::Order order : kOrders) {
    CHECK(neighbours(read_neighbour, order) == expected);
    CHECK(simt::take_problems().empty());
    CHECK(neighbours(read_neighbour_without_barrier, order) != expected);
    CHECK(is_found("during a") == simt::checks_accesses());
  }
}

TEST_CASE("orders are orders of blocks and threads") {
  const auto order_of = [](simt::Order order, uint32_t seed) {
    simt::set_order(order, seed);
    const Memory out(3 * kThreads + 1);
    out.data[0] = 0;
    simt::launch(note_order, dim3(3), dim3(kThreads), out.data);
    simt::set_order(simt::Order::kForward);
    simt::take_problems();  // notes are taken by all at once
    return std::vector<int>(out.data + 1, out.data + 1 + 3 * kThreads);
  };
  std::vector<int> forward = order_of(simt::Order::kForward, 0);
  CHECK(std::is_sorted(forward.begin(), forward.end()));
  std::vector<int> reverse = order_of(simt::Order::kReverse, 0);
  std::reverse(reverse.begin(), reverse.end());
  CHECK(reverse == forward);
  std::vector<int> one = order_of(simt::Order::kShuffled, 1), other = order_of(simt::Order::kShuffled, 2);
  CHECK(one != other);
  CHECK(one == order_of(simt::Order::kShuffled, 1));
  std::sort(one.begin(), one.end());
  CHECK(one == forward);
}

TEST_CASE("a barrier that some threads pass by is found") {
  const Memory out(kThreads);
  simt::launch(leave_before_barrier, dim3(1), dim3(kThreads), out.data);
  CHECK(is_found("a barrier that not all threads of the block reach"));
}

TEST_CASE("atomic changes of all threads add up, others are races") {
  const Memory count(1);
  *count.data = 0;
  simt::launch(count_threads, dim3(5), dim3(kThreads), count.data);
  CHECK(*count.data == 5 * kThreads);
  CHECK(simt::take_problems().empty());
  if (!simt::checks_accesses()) return;
  simt::launch(count_threads_without_atomic, dim3(5), dim3(kThreads), count.data);
  CHECK(is_found("read during a write"));
}

TEST_CASE("shared memory is poison in each block") {
  const Memory out(2 * kThreads);
  simt::launch(read_unwritten_shared, dim3(2), dim3(kThreads), out.data);
  for (int i = 0; i < 2 * kThreads; ++i) CHECK(out.data[i] == static_cast<int>(0xCDCDCDCD));
  simt::take_problems();
}

TEST_CASE("accesses outside of memory are found and end their thread") {
  if (!simt::checks_accesses()) return;  // then the address sanitizer ends the program
  const Memory out(kThreads);
  simt::launch(write_one_too_far, dim3(1), dim3(kThreads), out.data);
  CHECK(is_found("write outside of memory"));
  simt::launch(read_one_too_far, dim3(1), dim3(kThreads), out.data);
  CHECK(is_found("read outside of memory"));
}

}  // namespace
}  // namespace facesdk::test
