// Kernels for x86 with AVX-512 VNNI: 64 multiply-adds of bytes in one instruction, exact in int32.
#include "nn/kernels.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#if !defined(__clang__)  // GCC 12 takes the undefined operands within its own intrinsics for mistakes
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <cstring>

#define FACESDK_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

namespace facesdk {
namespace {

constexpr int kMostPixels = 9;

// Rounded to whole numbers; what is too large for a byte is held there by the packing. No number becomes 0
// there, as in to_byte: `min` gives its second operand, whose conversion is the smallest integer.
FACESDK_VNNI inline __m512i rounded(__m512 value, __m512i zero) {
  return _mm512_add_epi32(_mm512_cvtps_epi32(_mm512_min_ps(_mm512_set1_ps(1e6f), value)), zero);
}

FACESDK_VNNI inline __m512 widen(const uint8_t* bytes, __m512i zero) {
  const __m512i wide = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
  return _mm512_cvtepi32_ps(_mm512_sub_epi32(wide, zero));
}

// 16, 32 or 64 whole numbers as bytes. Packing works within quarters of a register; the permutation mends it.
template <int kVectors>
FACESDK_VNNI inline void store(uint8_t* to, const __m512i* whole) {
  if constexpr (kVectors == 1) {
    const __m512i positive = _mm512_max_epi32(whole[0], _mm512_setzero_si512());
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtusepi32_epi8(positive));
  } else if constexpr (kVectors == 2) {
    const __m512i words = _mm512_packs_epi32(whole[0], whole[1]);
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m512i bytes = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(words, words));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(bytes));
  } else {
    const __m512i low = _mm512_packs_epi32(whole[0], whole[1]), high = _mm512_packs_epi32(whole[2], whole[3]);
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_storeu_si512(to, _mm512_permutexvar_epi32(order, _mm512_packus_epi16(low, high)));
  }
}

// Everything is read before the first byte is written: bytes may alias all else, so it would be read again.
template <int kPixels, int kVectors>
FACESDK_VNNI inline void finish(const ConvCall& call, int32_t pixel, int32_t n,
                                const __m512i (&sums)[kPixels][kVectors]) {
  const Conv& conv = *call.conv;
  const int32_t* at = call.out_pixel.data() + pixel;
  const float* gate = conv.gate.data();
  const Epilogue epilogue = conv.epilogue;
  uint8_t* const out = call.out + n;
  float* const out_float = call.out_float + n;
  const __m512i zero = _mm512_set1_epi32(call.out_zero), other_zero = _mm512_set1_epi32(call.other_zero);
  const __m512i gate_zero = _mm512_set1_epi32(conv.gate_zero);
  const __m512 other_scale = _mm512_set1_ps(conv.other_scale);
  const bool to_float = conv.to_float;
  const uint8_t* other[kPixels];
  for (int i = 0; i < kPixels; ++i) {
    other[i] = epilogue == Epilogue::kNone
                   ? nullptr
                   : call.other + call.other_pixel[static_cast<size_t>(pixel + i)] + n;
  }
  __m512 scale[kVectors];
  for (int j = 0; j < kVectors; ++j) scale[j] = _mm512_loadu_ps(conv.scale.data() + n + 16 * j);
  for (int i = 0; i < kPixels; ++i) {
    __m512i whole[kVectors];
    for (int j = 0; j < kVectors; ++j) {
      __m512 value = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[i][j]), scale[j]);
      if (to_float) {
        _mm512_storeu_ps(out_float + at[i] + 16 * j, value);
        continue;
      }
      if (epilogue == Epilogue::kAdd) {
        value = _mm512_add_ps(value, _mm512_mul_ps(widen(other[i] + 16 * j, other_zero), other_scale));
      } else if (epilogue == Epilogue::kGate) {
        const __m512i byte = _mm512_min_epi32(
            _mm512_max_epi32(rounded(value, gate_zero), _mm512_setzero_si512()), _mm512_set1_epi32(255));
        value = _mm512_mul_ps(widen(other[i] + 16 * j, other_zero), _mm512_i32gather_ps(byte, gate, 4));
      }
      whole[j] = rounded(value, zero);
    }
    if (!to_float) store<kVectors>(out + at[i], whole);
  }
}

template <int kPixels, int kVectors>
FACESDK_VNNI void tile(const ConvCall& call, int32_t pixel, int32_t n, const int8_t* weights) {
  __m512i sums[kPixels][kVectors];
  for (int j = 0; j < kVectors; ++j) {
    const __m512i bias = _mm512_loadu_si512(call.conv->bias.data() + n + 16 * j);
    for (int i = 0; i < kPixels; ++i) sums[i][j] = bias;
  }
  for (const SourceOffsets& source : call.sources) {
    const int32_t* at = source.pixel.data() + pixel;
    const uint8_t* from[kPixels];
    for (int i = 0; i < kPixels; ++i) from[i] = source.bytes + at[i];
    for (const TapRun& run : source.runs) {
      const int64_t end = static_cast<int64_t>(run.offset) + run.bytes;
      for (int64_t k = run.offset; k < end; k += 4) {
        __m512i w[kVectors];
        for (int j = 0; j < kVectors; ++j) w[j] = _mm512_loadu_si512(weights + 64 * j);
        weights += 64 * kVectors;
        for (int i = 0; i < kPixels; ++i) {
          int32_t four;
          std::memcpy(&four, from[i] + k, 4);
          const __m512i a = _mm512_set1_epi32(four);
          for (int j = 0; j < kVectors; ++j) sums[i][j] = _mm512_dpbusd_epi32(sums[i][j], a, w[j]);
        }
      }
    }
  }
  finish<kPixels, kVectors>(call, pixel, n, sums);
}

using Tile = void (*)(const ConvCall&, int32_t, int32_t, const int8_t*);

constexpr Tile kTiles[3][kMostPixels] = {{tile<1, 1>, tile<2, 1>, tile<3, 1>, tile<4, 1>, tile<5, 1>,
                                          tile<6, 1>, tile<7, 1>, tile<8, 1>, tile<9, 1>},
                                         {tile<1, 2>, tile<2, 2>, tile<3, 2>, tile<4, 2>, tile<5, 2>,
                                          tile<6, 2>, tile<7, 2>, tile<8, 2>, tile<9, 2>},
                                         {tile<1, 4>, tile<2, 4>, tile<3, 4>, tile<4, 4>, tile<5, 4>,
                                          tile<6, 4>, tile<6, 4>, tile<6, 4>, tile<6, 4>}};

void conv(const ConvCall& call) {
  const Conv& conv = *call.conv;
  const int64_t row = static_cast<int64_t>(conv.weights.size()) / conv.outputs;
  const int32_t pixels = call.pixels;
  for (int32_t first = 0; first < conv.outputs;) {
    const int32_t left = (conv.outputs - first) / kLanes;
    const int kind = left >= 4 ? 2 : (left >= 2 ? 1 : 0);
    // As many sums as fit the 32 registers, in tiles of nearly equal size.
    const int32_t most = kind == 2 ? 6 : (kind == 1 ? 9 : 8);
    const int32_t tiles = (pixels + most - 1) / most;
    const int8_t* weights = conv.weights.data() + first * row;
    for (int32_t t = 0; t < tiles; ++t) {
      const int32_t begin = static_cast<int32_t>(static_cast<int64_t>(pixels) * t / tiles);
      const int32_t end = static_cast<int32_t>(static_cast<int64_t>(pixels) * (t + 1) / tiles);
      kTiles[kind][end - begin - 1](call, begin, first, weights);
    }
    first += kLanes << kind;
  }
}

FACESDK_VNNI void depthwise(const DepthwiseCall& call) {
  const Depthwise& step = *call.depthwise;
  const int32_t groups = static_cast<int32_t>(step.bias.size()) / 64;
  // Few channels at stride 1: a row is convolved as one run of bytes, several pixels at a time.
  const bool flat = step.stride == 1 && 64 % call.channels == 0;
  const int32_t run = flat ? call.width * call.channels : call.channels;
  const int32_t starts = flat ? 1 : call.width;
  const __m512i zero = _mm512_set1_epi32(call.out_zero);
  for (int32_t y = 0; y < call.height; ++y) {
    for (int32_t x = 0; x < starts; ++x) {
      const uint8_t* from = call.source + static_cast<int64_t>(y) * step.stride * call.source_row +
                            x * step.stride * call.channels;
      uint8_t* to = call.out + static_cast<int64_t>(y) * call.out_row + x * call.channels;
      for (int32_t c = 0, group = 0; c < run; c += 64, group = group + 1 < groups ? group + 1 : 0) {
        const int32_t* bias = step.bias.data() + 64 * group;
        __m512i sums[4];
        for (int j = 0; j < 4; ++j) sums[j] = _mm512_loadu_si512(bias + 16 * j);
        const int8_t* weights = step.weights.data() + 768 * group;
        for (int tap = 0; tap < 12; tap += 4) {
          __m512i a[4];
          for (int t = 0; t < 4; ++t) {
            const int of = tap + t < 9 ? tap + t : 8;  // the last three weights are 0
            a[t] = _mm512_loadu_si512(from + (of / 3) * call.source_row + (of % 3) * call.channels + c);
          }
          const __m512i low01 = _mm512_unpacklo_epi8(a[0], a[1]), high01 = _mm512_unpackhi_epi8(a[0], a[1]);
          const __m512i low23 = _mm512_unpacklo_epi8(a[2], a[3]), high23 = _mm512_unpackhi_epi8(a[2], a[3]);
          const __m512i four[4] = {_mm512_unpacklo_epi16(low01, low23), _mm512_unpackhi_epi16(low01, low23),
                                   _mm512_unpacklo_epi16(high01, high23),
                                   _mm512_unpackhi_epi16(high01, high23)};
          for (int j = 0; j < 4; ++j) {
            sums[j] = _mm512_dpbusd_epi32(sums[j], four[j], _mm512_loadu_si512(weights + 64 * j));
          }
          weights += 256;
        }
        const float* scale = step.scale.data() + 64 * group;
        for (int j = 0; j < 4; ++j) {
          const __m512 value = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[j]), _mm512_loadu_ps(scale + 16 * j));
          sums[j] = rounded(value, zero);
        }
        const __m512i words01 = _mm512_packs_epi32(sums[0], sums[1]);
        const __m512i words23 = _mm512_packs_epi32(sums[2], sums[3]);
        const __m512i bytes = _mm512_packus_epi16(words01, words23);
        const int32_t left = run - c;
        const __mmask64 mask = left >= 64 ? ~0ull : (1ull << left) - 1;
        _mm512_mask_storeu_epi8(to + c, mask, bytes);
      }
    }
  }
}

FACESDK_VNNI void dense(const Dense& step, const float* inputs, float* out) {
  const int8_t* weights = step.weights.data();
  for (int32_t first = 0; first < step.outputs;) {
    const int32_t left = (step.outputs - first) / kLanes;
    const int32_t vectors = left >= 4 ? 4 : (left >= 2 ? 2 : 1);
    __m512 sums[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    for (int32_t k = 0; k < step.count; ++k) {
      const __m512 x = _mm512_set1_ps(inputs[k]);
      for (int32_t j = 0; j < vectors; ++j) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights + 16 * j));
        const __m512 w = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
        sums[j] = _mm512_add_ps(sums[j], _mm512_mul_ps(x, w));
      }
      weights += 16 * vectors;
    }
    for (int32_t j = 0; j < vectors; ++j) {
      const int32_t n = first + 16 * j;
      const __m512 scaled = _mm512_mul_ps(sums[j], _mm512_loadu_ps(step.scale.data() + n));
      const __m512 value = _mm512_add_ps(scaled, _mm512_loadu_ps(step.bias.data() + n));
      const __m512 below = _mm512_min_ps(value, _mm512_loadu_ps(step.high.data() + n));
      _mm512_storeu_ps(out + n, _mm512_max_ps(below, _mm512_loadu_ps(step.low.data() + n)));
    }
    first += kLanes * vectors;
  }
}

constexpr Kernels kKernels{
    "avx512_vnni", VectorLevel::kAvx512Vnni, {64, 32, 16}, false, DepthwiseLayout::kQuads, conv, depthwise,
    dense};

}  // namespace

const Kernels* avx512_vnni_kernels() { return &kKernels; }

}  // namespace facesdk

#else

namespace facesdk {

const Kernels* avx512_vnni_kernels() { return nullptr; }

}  // namespace facesdk

#endif
