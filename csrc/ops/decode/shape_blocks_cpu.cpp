#include <algorithm>
#include <cstring>

#include "common/simd_dispatch.h"
#include "ops/decode/shape_blocks.h"

#if FACESDK_X86
#include <immintrin.h>

#define FACESDK_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

// GCC 12 takes the undefined operands inside its own intrinsics for ours.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace facesdk {
namespace {

constexpr int kHalf = kShapeBlock / 2;
constexpr int kHalfQuad = 4 * kHalf;
constexpr int kAhead = 4096;  // bytes: far enough ahead that memory keeps up, and across the ends of pages

// Both loops take a multiple of kPadded, which the compiler is shown, so that nothing is left over after
// vectors.
struct Scale {
  static FACESDK_HD void run(float* FACESDK_RESTRICT scaled, int32_t* FACESDK_RESTRICT largest,
                             const float* FACESDK_RESTRICT coeffs, const int32_t* FACESDK_RESTRICT row,
                             const float* FACESDK_RESTRICT step, int count) {
    int32_t most = 0;
    const int whole = count & -kPadded;
    for (int i = 0; i < whole; ++i) {
      scaled[i] = coeffs[row[i]] * step[i];
      const int32_t bits = magnitude_bits(scaled[i]);
      most = bits > most ? bits : most;
    }
    *largest = most;
  }
};

struct Round {
  static FACESDK_HD void run(int16_t* FACESDK_RESTRICT weights, int8_t* FACESDK_RESTRICT high,
                             int8_t* FACESDK_RESTRICT low, int32_t* FACESDK_RESTRICT total,
                             const float* FACESDK_RESTRICT scaled, float inverse, int count) {
    int32_t all = 0;
    const int whole = count & -kPadded;
    for (int i = 0; i < whole; ++i) {
      const int32_t weight = round_weight(scaled[i] * inverse);
      weights[i] = static_cast<int16_t>(weight);
      high[i] = static_cast<int8_t>(high_byte(weight));
      low[i] = static_cast<int8_t>(low_byte(weight));
      all += weight;
    }
    *total = all;
  }
};

int64_t bits_of(const int16_t* four) {
  int64_t bits;
  std::memcpy(&bits, four, sizeof bits);
  return bits;
}

#if FACESDK_X86
int32_t bits_of(const int8_t* four) {
  int32_t bits;
  std::memcpy(&bits, four, sizeof bits);
  return bits;
}

// Scale and Round for sixteen at a time: left to itself the compiler takes 64 for the sake of the bytes, and
// spends its time on what is left over.
FACESDK_AVX512 int32_t scale_avx512(float* scaled, const float* coeffs, const int32_t* row, const float* step,
                                    int count) {
  __m512i most = _mm512_setzero_si512();
  for (int i = 0; i < count; i += kPadded) {
    const __m512 coefficient = _mm512_i32gather_ps(_mm512_loadu_si512(row + i), coeffs, 4);
    const __m512 product = _mm512_mul_ps(coefficient, _mm512_loadu_ps(step + i));
    _mm512_storeu_ps(scaled + i, product);
    const __m512i size = _mm512_and_si512(_mm512_castps_si512(product), _mm512_set1_epi32(0x7fffffff));
    most = _mm512_max_epi32(most, size);
  }
  return _mm512_reduce_max_epi32(most);
}

FACESDK_AVX512 int32_t round_avx512(ShapeBlockSum& sum, const float* scaled, float inverse, int begin,
                                    int end) {
  const __m512 limit = _mm512_set1_ps(kLargestWeight), factor = _mm512_set1_ps(inverse);
  __m512i all = _mm512_setzero_si512();
  for (int i = begin; i < end; i += kPadded) {
    const __m512 below = _mm512_min_ps(_mm512_mul_ps(_mm512_loadu_ps(scaled + i), factor), limit);
    const __m512i weight =
        _mm512_cvt_roundps_epi32(_mm512_max_ps(below, _mm512_sub_ps(_mm512_setzero_ps(), limit)),
                                 _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m512i high = _mm512_srai_epi32(_mm512_add_epi32(weight, _mm512_set1_epi32(128)), 8);
    const __m512i low = _mm512_sub_epi32(weight, _mm512_slli_epi32(high, 8));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sum.weights + i), _mm512_cvtepi32_epi16(weight));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sum.high + i), _mm512_cvtepi32_epi8(high));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sum.low + i), _mm512_cvtepi32_epi8(low));
    all = _mm512_add_epi32(all, weight);
  }
  return _mm512_reduce_add_epi32(all);
}

bool has_vnni() {
  static const bool has = vector_level() == VectorLevel::kAvx512Vnni;
  return has;
}

// Bytes times bytes: every weight is two of them, and 128 is added to every value, which makes it positive,
// and taken off again at the end. Sums may wrap round on the way; what comes out is exact.
FACESDK_VNNI void add_vnni(const ShapeBlockSum& sum, const int8_t* values, float* out) {
  constexpr int kVectors = kHalf / 16;
  __m512i high[kVectors], low[kVectors];
  for (int j = 0; j < kVectors; ++j) high[j] = low[j] = _mm512_setzero_si512();
  const __m512i flip = _mm512_set1_epi8(-128), lower = _mm512_set1_epi8(15);
  for (int q = 0; q < sum.int8_quads; ++q, values += kHalfQuad) {
    if (bits_of(sum.weights + 4 * q) == 0) continue;
    const __m512i by_high = _mm512_set1_epi32(bits_of(sum.high + 4 * q));
    const __m512i by_low = _mm512_set1_epi32(bits_of(sum.low + 4 * q));
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) {
      _mm_prefetch(reinterpret_cast<const char*>(values + kAhead + 64 * j), _MM_HINT_T0);
      const __m512i four = _mm512_xor_si512(_mm512_loadu_si512(values + 64 * j), flip);
      high[j] = _mm512_dpbusd_epi32(high[j], four, by_high);
      low[j] = _mm512_dpbusd_epi32(low[j], four, by_low);
    }
  }
  for (int o = 0; o < sum.int4_octets; ++o, values += kHalfQuad) {
    const int entry = padded(4 * sum.int8_quads) + 8 * o;
    if ((bits_of(sum.weights + entry) | bits_of(sum.weights + entry + 4)) == 0) continue;
    for (int second = 0; second < 2; ++second) {
      const __m512i by_high = _mm512_set1_epi32(bits_of(sum.high + entry + 4 * second));
      const __m512i by_low = _mm512_set1_epi32(bits_of(sum.low + entry + 4 * second));
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) {
        if (second == 0) _mm_prefetch(reinterpret_cast<const char*>(values + kAhead + 64 * j), _MM_HINT_T0);
        const __m512i eight = _mm512_loadu_si512(values + 64 * j);
        const __m512i four = _mm512_and_si512(second ? _mm512_srli_epi16(eight, 4) : eight, lower);
        high[j] = _mm512_dpbusd_epi32(high[j], four, by_high);
        low[j] = _mm512_dpbusd_epi32(low[j], four, by_low);
      }
    }
  }
  const __m512i excess = _mm512_set1_epi32(static_cast<int32_t>(
      128 * static_cast<uint32_t>(sum.int8_total) + kInt4Zero * static_cast<uint32_t>(sum.int4_total)));
  const __m512 step = _mm512_set1_ps(sum.step);
#pragma GCC unroll 8
  for (int j = 0; j < kVectors; ++j) {
    const __m512i both = _mm512_add_epi32(_mm512_slli_epi32(high[j], 8), low[j]);
    const __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(both, excess)), step);
    _mm512_storeu_ps(out + 16 * j, _mm512_add_ps(_mm512_loadu_ps(out + 16 * j), scaled));
  }
}

// Words times words, added in pairs: two sums for each number, put together at the end.
FACESDK_AVX2 void add_avx2(const ShapeBlockSum& sum, const int8_t* values, float* out) {
  constexpr int kVectors = 8;  // of four numbers
  const __m256 step = _mm256_set1_ps(sum.step);
  const __m256i excess = _mm256_set1_epi32(kInt4Zero * sum.int4_total);
  const __m128i lower = _mm_set1_epi8(15);
  for (int at = 0; at < kHalf; at += 4 * kVectors) {
    __m256i sums[kVectors];
    for (int j = 0; j < kVectors; ++j) sums[j] = _mm256_setzero_si256();
    const int8_t* from = values + 4 * at;
    for (int q = 0; q < sum.int8_quads; ++q, from += kHalfQuad) {
      const __m256i weights = _mm256_set1_epi64x(bits_of(sum.weights + 4 * q));
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 16 * j));
        sums[j] = _mm256_add_epi32(sums[j], _mm256_madd_epi16(_mm256_cvtepi8_epi16(bytes), weights));
      }
    }
    for (int o = 0; o < sum.int4_octets; ++o, from += kHalfQuad) {
      const int16_t* eight = sum.weights + padded(4 * sum.int8_quads) + 8 * o;
      const __m256i first = _mm256_set1_epi64x(bits_of(eight)),
                    second = _mm256_set1_epi64x(bits_of(eight + 4));
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 16 * j));
        const __m256i low = _mm256_cvtepi8_epi16(_mm_and_si128(bytes, lower));
        const __m256i high = _mm256_cvtepi8_epi16(_mm_and_si128(_mm_srli_epi16(bytes, 4), lower));
        sums[j] = _mm256_add_epi32(sums[j], _mm256_madd_epi16(low, first));
        sums[j] = _mm256_add_epi32(sums[j], _mm256_madd_epi16(high, second));
      }
    }
    for (int j = 0; j < kVectors; j += 2) {
      const __m256i both = _mm256_permute4x64_epi64(_mm256_hadd_epi32(sums[j], sums[j + 1]), 0xd8);
      float* to = out + at + 4 * j;
      const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(both, excess)), step);
      _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), scaled));
    }
  }
}
#elif defined(__aarch64__)
// Four sums for each number, put together at the end.
void add_neon(const ShapeBlockSum& sum, const int8_t* values, float* out) {
  constexpr int kNumbers = 16;
  const int32x4_t excess = vdupq_n_s32(kInt4Zero * sum.int4_total);
  const int8x8_t lower = vdup_n_s8(15);
  for (int at = 0; at < kHalf; at += kNumbers) {
    int32x4_t sums[kNumbers];
    for (int j = 0; j < kNumbers; ++j) sums[j] = vdupq_n_s32(0);
    const int8_t* from = values + 4 * at;
    for (int q = 0; q < sum.int8_quads; ++q, from += kHalfQuad) {
      const int16x4_t weights = vld1_s16(sum.weights + 4 * q);
#pragma GCC unroll 8
      for (int j = 0; j < kNumbers; j += 2) {
        const int16x8_t wide = vmovl_s8(vld1_s8(from + 4 * j));
        sums[j] = vmlal_s16(sums[j], vget_low_s16(wide), weights);
        sums[j + 1] = vmlal_s16(sums[j + 1], vget_high_s16(wide), weights);
      }
    }
    for (int o = 0; o < sum.int4_octets; ++o, from += kHalfQuad) {
      const int16x4_t first = vld1_s16(sum.weights + padded(4 * sum.int8_quads) + 8 * o);
      const int16x4_t second = vld1_s16(sum.weights + padded(4 * sum.int8_quads) + 8 * o + 4);
#pragma GCC unroll 8
      for (int j = 0; j < kNumbers; j += 2) {
        const int8x8_t bytes = vld1_s8(from + 4 * j);
        const int16x8_t low = vmovl_s8(vand_s8(bytes, lower));
        const int16x8_t high = vmovl_s8(vreinterpret_s8_u8(vshr_n_u8(vreinterpret_u8_s8(bytes), 4)));
        sums[j] = vmlal_s16(vmlal_s16(sums[j], vget_low_s16(low), first), vget_low_s16(high), second);
        sums[j + 1] =
            vmlal_s16(vmlal_s16(sums[j + 1], vget_high_s16(low), first), vget_high_s16(high), second);
      }
    }
    for (int j = 0; j < kNumbers; j += 4) {
      const int32x4_t four =
          vpaddq_s32(vpaddq_s32(sums[j], sums[j + 1]), vpaddq_s32(sums[j + 2], sums[j + 3]));
      float* to = out + at + j;
      const float32x4_t scaled = vmulq_n_f32(vcvtq_f32_s32(vsubq_s32(four, excess)), sum.step);
      vst1q_f32(to, vaddq_f32(vld1q_f32(to), scaled));
    }
  }
}
#endif

[[maybe_unused]] void add_plain(const ShapeBlockSum& sum, const int8_t* values, float* out) {
  int32_t sums[kHalf] = {};
  for (int q = 0; q < sum.int8_quads; ++q, values += kHalfQuad) {
    const int16_t* weights = sum.weights + 4 * q;
    if (bits_of(weights) == 0) continue;
    for (int i = 0; i < kHalf; ++i) sums[i] = int8_quad_step(sums[i], values + 4 * i, weights);
  }
  for (int o = 0; o < sum.int4_octets; ++o, values += kHalfQuad) {
    const int16_t* weights = sum.weights + padded(4 * sum.int8_quads) + 8 * o;
    for (int i = 0; i < kHalf; ++i) sums[i] = int4_octet_step(sums[i], values + 4 * i, weights);
  }
  for (int i = 0; i < kHalf; ++i) out[i] = add_scaled(out[i], sums[i], sum.step);
}

// Bytes as they come, or two small ones in each: entry i of eight to four in the lower or upper bits.
void place(int8_t* to, const int8_t* from, bool small, bool upper) {
  for (int64_t n = 0; n < kHalf; ++n) {
    const int32_t value = small ? (from[n] + kInt4Zero) * (upper ? 16 : 1) : from[n];
    to[4 * n] = static_cast<int8_t>(static_cast<uint8_t>(to[4 * n]) + value);
  }
}

bool is_small(const int8_t* values) {
  int32_t most = 0;
  for (int64_t n = 0; n < kShapeBlock; ++n) {
    const int32_t size = values[n] < 0 ? -values[n] : values[n];
    most = size > most ? size : most;
  }
  return most < kInt4Zero;
}

}  // namespace

ShapeBlocks pack_shape_blocks(const int32_t* ptr, int64_t blocks, const int32_t* row, const float* step,
                              const int8_t* values) {
  ShapeBlocks made;
  // An upper bound: three entries may be missing from the last quad of each block, seven from its last octet.
  made.values.reserve(static_cast<size_t>((ptr[blocks] + 10 * blocks) * kShapeBlock));
  std::vector<int32_t> order[2];  // entries of a block: of any bytes, of small ones
  for (int64_t b = 0; b < blocks; ++b) {
    order[0].clear(), order[1].clear();
    for (int32_t e = ptr[b]; e < ptr[b + 1]; ++e) order[is_small(values + e * kShapeBlock)].push_back(e);
    ShapeBlock block{static_cast<int64_t>(made.values.size()), static_cast<int32_t>(made.row.size()),
                     static_cast<int32_t>((order[0].size() + 3) / 4),
                     static_cast<int32_t>((order[1].size() + 7) / 8)};
    const int64_t half = kHalfQuad * (block.int8_quads + block.int4_octets);
    made.values.resize(made.values.size() + static_cast<size_t>(2 * half));
    for (int small = 0; small < 2; ++small) {
      const int group = small ? 8 : 4, groups = small ? block.int4_octets : block.int8_quads;
      for (int i = 0; i < padded(group * groups); ++i) {
        const bool there = i < static_cast<int>(order[small].size());
        const int32_t entry = order[small][there ? static_cast<size_t>(i) : 0];
        made.row.push_back(row[entry]);
        made.step.push_back(there ? step[entry] : 0.0f);
        if (!there) continue;
        int8_t* to = made.values.data() + block.values +
                     kHalfQuad * ((small ? block.int8_quads : 0) + i / group) + i % 4;
        for (int64_t h = 0; h < 2; ++h) {
          place(to + h * half, values + entry * kShapeBlock + h * kHalf, small == 1, i % group > 3);
        }
      }
    }
    made.blocks.push_back(block);
  }
  return made;
}

void round_weights(const float* coeffs, const int32_t* row, const float* step, ShapeBlockSum& sum) {
  float scaled[kMostRows];
  int32_t bits = 0;
  const int quads = padded(4 * sum.int8_quads), all = quads + padded(8 * sum.int4_octets);
#if FACESDK_X86
  const bool wide = has_avx512(vector_level());
  if (wide) bits = scale_avx512(scaled, coeffs, row, step, all);
#else
  constexpr bool wide = false;
#endif
  if (!wide) vectorized<Scale>(static_cast<float*>(scaled), &bits, coeffs, row, step, all);
  const Unit unit = weight_unit(float_of_bits(bits));
  sum.step = unit.step;
  if (!(unit.inverse > 0.0f)) std::fill(scaled, scaled + all, 0.0f);
#if FACESDK_X86
  if (wide) {
    sum.int8_total = round_avx512(sum, scaled, unit.inverse, 0, quads);
    sum.int4_total = round_avx512(sum, scaled, unit.inverse, quads, all);
    return;
  }
#endif
  const auto round = [&](int begin, int count, int32_t* total) {
    vectorized<Round>(sum.weights + begin, sum.high + begin, sum.low + begin, total,
                      static_cast<const float*>(scaled + begin), unit.inverse, count);
  };
  round(0, quads, &sum.int8_total);
  round(quads, all - quads, &sum.int4_total);
}

void add_shape_block(const ShapeBlockSum& sum, const int8_t* values, float* out) {
  if (sum.step == 0.0f) return;
#if FACESDK_X86
  if (has_vnni()) return add_vnni(sum, values, out);
  if (has_avx2(vector_level())) return add_avx2(sum, values, out);
#elif defined(__aarch64__)
  return add_neon(sum, values, out);
#endif
  add_plain(sum, values, out);
}

}  // namespace facesdk
