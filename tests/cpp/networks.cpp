// The kernel families without Python: every family that this CPU has must give the bits of the reference on
// the networks named as arguments. Ends with a digest of all outputs, which is the same on every CPU. Exit
// status 1 and the family by name where one differs.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "assets/safetensors.h"
#include "nn/int8_network.h"
#include "nn/kernels.h"

namespace {

int64_t allocations = 0;

}  // namespace

void* operator new(size_t bytes) {
  ++allocations;
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  ++allocations;
  const size_t unit = static_cast<size_t>(alignment);
  if (void* const memory = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

constexpr const char* kFamilies[] = {"reference", "avx2", "avx_vnni", "avx512_vnni", "neon", "neon_dotprod"};
constexpr int32_t kFreeSide = 64;  // px, of a network that takes any size

// All outputs for one picture of noise, one after the other; adds the run's allocations.
std::vector<float> predict(const facesdk::Network& network, int64_t* allocated) {
  const int32_t side = network.side() != 0 ? network.side() : kFreeSide;
  const auto run = network.prepare(side, side);
  const facesdk::PixelBuffer picture = run->input(0);
  uint32_t state = 12345;  // random numbers that do not depend on the standard library
  for (int32_t y = 0; y < side; ++y) {
    for (int32_t x = 0; x < 4 * side; ++x) {
      state = state * 1664525u + 1013904223u;
      picture.pixels[y * picture.row_bytes + x] = static_cast<uint8_t>(state >> 24);
    }
  }
  const int64_t before = allocations;
  run->run(1);
  *allocated += allocations - before;
  std::vector<float> out;
  for (size_t i = 0; i < network.outputs().size(); ++i) {
    const facesdk::OutputView view = run->output(static_cast<int32_t>(i));
    out.insert(out.end(), view.data, view.data + view.size);
  }
  return out;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  int failures = 0;
  int64_t allocated = 0;
  uint64_t digest = 1469598103934665603u;
  for (int i = 1; i < argc; ++i) {
    const auto file = facesdk::Safetensors::open(argv[i]);
    const std::vector<float> expected = predict(*facesdk::load_int8_network(file, "reference"), &allocated);
    const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
    if (!(*low < *high)) {
      std::printf("NOT KEPT: %s: all outputs are equal\n", file->name().c_str());
      ++failures;
    }
    for (const char* family : kFamilies) {
      const auto network = facesdk::load_int8_network(file, family);
      if (std::strcmp(network->graph().kernels->name, family) != 0) continue;  // this CPU lacks it
      std::fprintf(stderr, "%s: %s\n", file->name().c_str(), family);
      if (same_bits(predict(*network, &allocated), expected)) continue;
      std::printf("NOT KEPT: %s: %s gives the bits of the reference\n", file->name().c_str(), family);
      ++failures;
    }
    for (const float value : expected) {
      uint32_t bits;
      std::memcpy(&bits, &value, sizeof bits);
      digest = (digest ^ bits) * 1099511628211u;
    }
  }
  if (allocated != 0) {
    std::printf("NOT KEPT: no run allocates: %lld\n", static_cast<long long>(allocated));
    ++failures;
  }
  std::printf("digest %016llx\n", static_cast<unsigned long long>(digest));
  return failures == 0 && argc > 1 ? 0 : 1;
}
