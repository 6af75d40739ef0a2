// One loop, compiled for several vector widths; which body runs is decided by the CPU it runs on.
#pragma once

#include <utility>

#include "common/host_device.h"

// FACESDK_VECTOR_LEVEL (0 plain, 1 AVX2, 2 AVX-512) caps what is used, so that tests can compare the bodies.
#ifndef FACESDK_VECTOR_LEVEL
#define FACESDK_VECTOR_LEVEL 2
#endif

#if defined(__x86_64__) && defined(__GNUC__) && FACESDK_VECTOR_LEVEL > 0
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

// 2: AVX-512, 1: AVX2, 0: what the compiler's base target has (SSE2, NEON).
inline int vector_level() {
#if FACESDK_X86
  static const int level = [] {
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
    return wide && FACESDK_VECTOR_LEVEL > 1 ? 2 : __builtin_cpu_supports("avx2") ? 1 : 0;
  }();
  return level;
#else
  return 0;
#endif
}

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
  switch (vector_level()) {
    case 2:
      return run_avx512<Kernel>(args...);
    case 1:
      return run_avx2<Kernel>(args...);
    default:
      break;
  }
#endif
  Kernel::run(args...);
}

}  // namespace facesdk
