// One loop, compiled for several vector widths; which body runs is decided by the CPU it runs on.
#pragma once

#include <utility>

#include "common/cpu_features.h"
#include "common/host_device.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define FACESDK_X86 1
#define FACESDK_AVX2 __attribute__((target("avx2")))
#if defined(__clang__)
#define FACESDK_AVX512 __attribute__((target("avx512f,avx512cd,avx512bw,avx512dq,avx512vl")))
#else
// 16 lanes where the compiler would by itself prefer 8.
#define FACESDK_AVX512 \
  __attribute__((target("avx512f,avx512cd,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")))
#endif
#else
#define FACESDK_X86 0
#endif

namespace facesdk {

#if FACESDK_X86
template <typename Kernel, typename... Args>
FACESDK_AVX512 void run_avx512(const Args&... args) {
  Kernel::run(args...);
}

template <typename Kernel, typename... Args>
FACESDK_AVX2 void run_avx2(const Args&... args) {
  Kernel::run(args...);
}
#endif

// Calls Kernel::run(args...), a static FACESDK_HD function whose loops the compiler turns into vectors.
// Fused multiply-add stays off (-ffp-contract=off), so every body gives the same bits.
template <typename Kernel, typename... Args>
void vectorized(const Args&... args) {
#if FACESDK_X86
  const VectorLevel level = vector_level();
  if (has_avx512(level)) return run_avx512<Kernel>(args...);
  if (has_avx2(level)) return run_avx2<Kernel>(args...);
#endif
  Kernel::run(args...);
}

}  // namespace facesdk
