// Splits a range of independent elements into one contiguous band per thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

namespace facesdk {

// Calls body(begin, end) on bands that cover [0, count) once. Every element must be computed from inputs
// alone, never from a neighbour's result: then the bits do not depend on where the bands are cut.
// The caller works on the first band itself, so one thread means no thread is started.
template <typename Body>
void parallel_bands(int64_t count, int threads, const Body& body) {
  const int64_t bands = std::max<int64_t>(1, std::min<int64_t>(threads, count));
  const auto cut = [&](int64_t band) { return count * band / bands; };
  std::vector<std::thread> others;
  others.reserve(static_cast<size_t>(bands - 1));
  for (int64_t band = 1; band < bands; ++band) {
    others.emplace_back([&body, &cut, band] { body(cut(band), cut(band + 1)); });
  }
  body(cut(0), cut(1));
  for (std::thread& other : others) other.join();
}

}  // namespace facesdk
