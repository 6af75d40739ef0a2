// The orders in which a kernel must give the same bits.
#pragma once

#include <doctest.h>

#include <cstdint>

#if defined(FACESDK_EMULATED)
#include "emulated/simt.h"
#endif

namespace facesdk::test {

// Calls body() once for every order of blocks and threads of the emulated grid, which must run without a
// problem; on a device, twice, in the order that it takes.
template <typename Body>
void in_all_orders(const Body& body) {
#if defined(FACESDK_EMULATED)
  const auto run = [&](simt::Order order, uint32_t seed) {
    simt::set_order(order, seed);
    body();
    const std::vector<std::string> problems = simt::take_problems();
    if (!problems.empty()) FAIL_CHECK(problems.size() << " problems, the first: " << problems.front());
    simt::set_order(simt::Order::kForward);
  };
  run(simt::Order::kForward, 0);
  run(simt::Order::kReverse, 0);
  for (const uint32_t seed : {1u, 2u}) run(simt::Order::kShuffled, seed);
#else
  for (int pass = 0; pass < 2; ++pass) body();
#endif
}

}  // namespace facesdk::test
