#include "common/cpu_features.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#define FACESDK_CPUID 1
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace facesdk {
namespace {

#if defined(FACESDK_CPUID)
struct Registers {
  uint32_t eax, ebx, ecx, edx;
};

Registers cpuid(uint32_t leaf, uint32_t subleaf) {
  Registers r{};
#if defined(_MSC_VER)
  int values[4];
  __cpuidex(values, static_cast<int>(leaf), static_cast<int>(subleaf));
  r = {static_cast<uint32_t>(values[0]), static_cast<uint32_t>(values[1]), static_cast<uint32_t>(values[2]),
       static_cast<uint32_t>(values[3])};
#else
  __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
#endif
  return r;
}

// Registers that the operating system saves when it switches threads.
uint64_t saved_state() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
#endif
}

bool bit(uint32_t value, int number) { return ((value >> number) & 1u) != 0; }

VectorLevel detect() {
  if (cpuid(0, 0).eax < 7) return VectorLevel::kPlain;
  const Registers one = cpuid(1, 0);
  if (!bit(one.ecx, 27) || !bit(one.ecx, 28)) return VectorLevel::kPlain;  // OSXSAVE, AVX
  const uint64_t state = saved_state();
  if ((state & 0x6) != 0x6) return VectorLevel::kPlain;  // XMM, YMM
  const Registers seven = cpuid(7, 0);
  if (!bit(seven.ebx, 5)) return VectorLevel::kPlain;
  const bool wide = (state & 0xe0) == 0xe0 && bit(seven.ebx, 16) && bit(seven.ebx, 17) &&
                    bit(seven.ebx, 28) && bit(seven.ebx, 30) && bit(seven.ebx, 31);  // F, DQ, CD, BW, VL
  if (wide) return bit(seven.ecx, 11) ? VectorLevel::kAvx512Vnni : VectorLevel::kAvx512;
  const bool avx_vnni = seven.eax >= 1 && bit(cpuid(7, 1).eax, 4);
  return avx_vnni ? VectorLevel::kAvxVnni : VectorLevel::kAvx2;
}
#elif defined(__aarch64__) && defined(__linux__)
VectorLevel detect() {
  constexpr unsigned long kDotProduct = 1ul << 20;  // HWCAP_ASIMDDP
  return (getauxval(AT_HWCAP) & kDotProduct) != 0 ? VectorLevel::kNeonDotprod : VectorLevel::kPlain;
}
#else
VectorLevel detect() { return VectorLevel::kPlain; }
#endif

constexpr const char* kNames[] = {"plain", "avx2", "avx_vnni", "avx512", "avx512_vnni", "neon_dotprod"};

struct Request {
  VectorLevel cap;
  bool known;
};

Request request() {
  const char* name = std::getenv("FACESDK_VECTOR_LEVEL");
  if (name == nullptr || *name == '\0') return {VectorLevel::kNeonDotprod, true};
  for (int level = 0; level < static_cast<int>(sizeof(kNames) / sizeof(*kNames)); ++level) {
    if (std::strcmp(name, kNames[level]) == 0) return {static_cast<VectorLevel>(level), true};
  }
  return {VectorLevel::kNeonDotprod, false};
}

const Request& requested() {
  static const Request once = request();
  return once;
}

}  // namespace

VectorLevel detected_vector_level() {
  static const VectorLevel once = detect();
  return once;
}

VectorLevel vector_level() {
  static const VectorLevel once = [] {
    const VectorLevel here = detected_vector_level(), cap = requested().cap;
    // An x86 name caps nothing on ARM but "plain" does, and the other way round.
    if (here == VectorLevel::kNeonDotprod) return cap == VectorLevel::kPlain ? VectorLevel::kPlain : here;
    return cap < here ? cap : here;
  }();
  return once;
}

bool vector_level_request_is_known() { return requested().known; }

const char* vector_level_name(VectorLevel level) { return kNames[static_cast<int>(level)]; }

}  // namespace facesdk
