#include <algorithm>

#include "common/simd_dispatch.h"
#include "ops/decode/int8_basis_sum.h"

#if FACESDK_X86
#include <immintrin.h>

// GCC 12 takes the undefined operands inside its own intrinsics for ours.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace facesdk {
namespace {

constexpr int64_t kBlock = 4096;  // sums that stay in the first-level cache while the rows stream past

struct AddPair {
  static FACESDK_HD void run(int32_t* FACESDK_RESTRICT sum, const int8_t* FACESDK_RESTRICT a,
                             const int8_t* FACESDK_RESTRICT b, int32_t wa, int32_t wb, int64_t begin,
                             int64_t end) {
    for (int64_t i = begin; i < end; ++i) sum[i] = int8_pair_step(sum[i], a[i], b[i], wa, wb);
  }
};

struct AddScaled {
  static FACESDK_HD void run(float* FACESDK_RESTRICT out, const int32_t* FACESDK_RESTRICT sum, float step,
                             int64_t count) {
    for (int64_t i = 0; i < count; ++i) out[i] = add_scaled(out[i], sum[i], step);
  }
};

#if FACESDK_X86
int32_t weight_pair(int32_t low, int32_t high) {
  return static_cast<int32_t>((static_cast<uint32_t>(low) & 0xffff) | (static_cast<uint32_t>(high) << 16));
}

// Four rows at a time, 32 numbers of each: two bytes of two rows become a pair of 16-bit numbers, which one
// instruction multiplies and adds. Returns how many numbers were done; the rest is for AddPair.
FACESDK_AVX512 int64_t add_four(int32_t* sum, const int8_t* const* rows, const int8_t* const* next,
                                const int32_t* weights, int64_t offset, int64_t count) {
  const __m512i w0 = _mm512_set1_epi32(weight_pair(weights[0], weights[1]));
  const __m512i w1 = _mm512_set1_epi32(weight_pair(weights[2], weights[3]));
  // Unpacking works within each 128 bits; this puts its two results into order.
  const __m512i first = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(8));
  const int64_t done = count & ~int64_t{31};
  for (int64_t i = 0; i < done; i += 32) {
    __m512i wide[4];
    if ((i & 32) == 0) {
      for (int r = 0; r < 4; ++r)
        _mm_prefetch(reinterpret_cast<const char*>(next[r] + offset + i), _MM_HINT_T0);
    }
    for (int r = 0; r < 4; ++r) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[r] + offset + i));
      wide[r] = _mm512_cvtepi8_epi16(bytes);
    }
    const __m512i low = _mm512_add_epi32(_mm512_madd_epi16(_mm512_unpacklo_epi16(wide[0], wide[1]), w0),
                                         _mm512_madd_epi16(_mm512_unpacklo_epi16(wide[2], wide[3]), w1));
    const __m512i high = _mm512_add_epi32(_mm512_madd_epi16(_mm512_unpackhi_epi16(wide[0], wide[1]), w0),
                                          _mm512_madd_epi16(_mm512_unpackhi_epi16(wide[2], wide[3]), w1));
    const __m512i a = _mm512_permutex2var_epi32(low, first, high);
    const __m512i b = _mm512_permutex2var_epi32(low, second, high);
    _mm512_storeu_si512(sum + i, _mm512_add_epi32(_mm512_loadu_si512(sum + i), a));
    _mm512_storeu_si512(sum + i + 16, _mm512_add_epi32(_mm512_loadu_si512(sum + i + 16), b));
  }
  return done;
}

// The same, 16 numbers at a time.
FACESDK_AVX2 int64_t add_four_avx2(int32_t* sum, const int8_t* const* rows, const int8_t* const* next,
                                   const int32_t* weights, int64_t offset, int64_t count) {
  const __m256i w0 = _mm256_set1_epi32(weight_pair(weights[0], weights[1]));
  const __m256i w1 = _mm256_set1_epi32(weight_pair(weights[2], weights[3]));
  const int64_t done = count & ~int64_t{15};
  for (int64_t i = 0; i < done; i += 16) {
    __m256i wide[4];
    if ((i & 48) == 0) {
      for (int r = 0; r < 4; ++r)
        _mm_prefetch(reinterpret_cast<const char*>(next[r] + offset + i), _MM_HINT_T0);
    }
    for (int r = 0; r < 4; ++r) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[r] + offset + i));
      wide[r] = _mm256_cvtepi8_epi16(bytes);
    }
    const __m256i low = _mm256_add_epi32(_mm256_madd_epi16(_mm256_unpacklo_epi16(wide[0], wide[1]), w0),
                                         _mm256_madd_epi16(_mm256_unpacklo_epi16(wide[2], wide[3]), w1));
    const __m256i high = _mm256_add_epi32(_mm256_madd_epi16(_mm256_unpackhi_epi16(wide[0], wide[1]), w0),
                                          _mm256_madd_epi16(_mm256_unpackhi_epi16(wide[2], wide[3]), w1));
    __m256i* const to = reinterpret_cast<__m256i*>(sum + i);
    const __m256i a = _mm256_permute2x128_si256(low, high, 0x20);
    const __m256i b = _mm256_permute2x128_si256(low, high, 0x31);
    _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), a));
    _mm256_storeu_si256(to + 1, _mm256_add_epi32(_mm256_loadu_si256(to + 1), b));
  }
  return done;
}
#endif

}  // namespace

void add_int8_rows(const Int8BasisSum& rows, int64_t count, float* out) {
  if (rows.count == 0) return;
  alignas(64) int32_t sum[kBlock];
  for (int64_t block = 0; block < count; block += kBlock) {
    const int64_t n = std::min(kBlock, count - block);
    std::fill(sum, sum + n, 0);
    for (int k = 0; k < rows.count; k += 4) {
      // A row that is missing weighs nothing, and is any row.
      const int8_t* row[4] = {rows.rows[k], rows.rows[k], rows.rows[k], rows.rows[k]};
      int32_t weight[4] = {};
      const int left = std::min(4, rows.count - k);
      std::copy(rows.rows + k, rows.rows + k + left, row);
      std::copy(rows.weights + k, rows.weights + k + left, weight);
      int64_t done = 0;
#if FACESDK_X86
      // The rows that come next are fetched ahead: short runs from many rows are more than the hardware
      // foresees.
      const int8_t* const* next = k + 8 <= rows.count ? rows.rows + k + 4 : row;
      if (has_avx512(vector_level())) {
        done = add_four(sum, row, next, weight, block, n);
      } else if (has_avx2(vector_level())) {
        done = add_four_avx2(sum, row, next, weight, block, n);
      }
#endif
      if (done == n) continue;
      for (int r = 0; r < left; r += 2) {
        vectorized<AddPair>(static_cast<int32_t*>(sum), row[r] + block, row[r + 1] + block, weight[r],
                            weight[r + 1], done, n);
      }
    }
    vectorized<AddScaled>(out + block, static_cast<const int32_t*>(sum), rows.step, n);
  }
}

}  // namespace facesdk
