// Marks that let one piece of arithmetic serve host and device, and one loop serve several CPUs.
#pragma once

#include <cstddef>  // brings in __GLIBC__

#if defined(__CUDACC__)
#define FACESDK_HD __host__ __device__ __forceinline__
#elif defined(_MSC_VER)
#define FACESDK_HD __forceinline
#else
#define FACESDK_HD inline __attribute__((always_inline))
#endif

// A second body of the loop for AVX2, picked when the library is loaded. Fused multiply-add stays off
// (-ffp-contract=off), so both bodies give the same bits. Needs ifunc, hence glibc; sanitizers cannot run it.
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && defined(__GNUC__) &&   \
    !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !defined(FACESDK_NO_CLONES)
#define FACESDK_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define FACESDK_CLONES
#endif

#if defined(_MSC_VER)
#define FACESDK_RESTRICT __restrict
#else
#define FACESDK_RESTRICT __restrict__
#endif
