// Marks that let one piece of arithmetic serve host and device.
#pragma once

#if defined(__CUDACC__)
#define FACESDK_HD __host__ __device__ __forceinline__
#elif defined(_MSC_VER)
#define FACESDK_HD __forceinline
#else
#define FACESDK_HD inline __attribute__((always_inline))
#endif

#if defined(_MSC_VER)
#define FACESDK_RESTRICT __restrict
#else
#define FACESDK_RESTRICT __restrict__
#endif
