// The kernels once for every vector instruction set. A .cpp file that includes this defines FACESDK_TARGET,
// the attribute of its instruction set, and a struct `V` before it:
//
//   kLanes                  int32 numbers in a vector
//   kPixels[2]              pixels of a tile over two and over four vectors of outputs
//   I, F                    vectors of int32 and float
//   A, broadcast4(bytes)    four activations, repeated over the lanes
//   W, load_weights(bytes)  four weights for each of kLanes outputs
//   dot4(sum, a, w)         sum + a . w by lanes, exact in int32
//   depthwise16(...)        sums of 16 channels over 3x3 taps
// and elementary functions of the same names as used below. Everything is in an unnamed namespace: a copy
// that the linker shares between files would mix instruction sets.
#pragma once

#include <cstddef>
#include <cstdint>

#include "nn/kernels.h"
#include "nn/pack_weights.h"

namespace facesdk {
namespace {

#define FACESDK_KERNEL FACESDK_TARGET static inline __attribute__((always_inline))

// Bytes of `value` rounded round the zero point, held in 0..255, as whole numbers.
FACESDK_KERNEL V::I to_bytes(V::F value, V::F low, V::F high, V::I zero) {
  return V::add(V::round(V::min(V::max(value, low), high)), zero);
}

template <int kPixels, int kVectors>
FACESDK_KERNEL void store_float(const ConvCall& call, int32_t pixel, int32_t n,
                                const V::I (&sums)[kPixels][kVectors], const V::F (&scale)[kVectors]) {
  const int32_t* const at = call.out_pixel.data() + pixel;
  for (int i = 0; i < kPixels; ++i) {
    float* const out = call.out_float + at[i] + n;
    for (int j = 0; j < kVectors; ++j) {
      V::store(out + V::kLanes * j, V::mul(V::to_float(sums[i][j]), scale[j]));
    }
  }
}

// Everything is read before the first byte is written: bytes may alias all else, so it would be read again.
template <Epilogue kEpilogue, int kPixels, int kVectors>
FACESDK_KERNEL void store_bytes(const ConvCall& call, int32_t pixel, int32_t n,
                                const V::I (&sums)[kPixels][kVectors], const V::F (&scale)[kVectors]) {
  const Conv& conv = *call.conv;
  const int32_t* const at = call.out_pixel.data() + pixel;
  const int32_t* const other_at = call.other_pixel.data() + (kEpilogue == Epilogue::kNone ? 0 : pixel);
  const float* const gate = conv.gate.data();
  uint8_t* const out = call.out + n;
  const uint8_t* const other = call.other + n;
  const V::I zero = V::set(static_cast<int32_t>(call.out_zero));
  const V::F low = V::set(-static_cast<float>(call.out_zero)), high = V::set(255.0f - call.out_zero);
  const V::I other_zero = V::set(static_cast<int32_t>(call.other_zero));
  const V::F other_scale = V::set(conv.other_scale);
  const V::I gate_zero = V::set(static_cast<int32_t>(conv.gate_zero));
  const V::F gate_low = V::set(-static_cast<float>(conv.gate_zero));
  const V::F gate_high = V::set(255.0f - conv.gate_zero);
  for (int i = 0; i < kPixels; ++i) {
    V::I whole[kVectors];
    for (int j = 0; j < kVectors; ++j) {
      V::F value = V::mul(V::to_float(sums[i][j]), scale[j]);
      if constexpr (kEpilogue != Epilogue::kNone) {
        const V::F term = V::to_float(V::sub(V::widen(other + other_at[i] + V::kLanes * j), other_zero));
        if constexpr (kEpilogue == Epilogue::kAdd) {
          value = V::add(value, V::mul(term, other_scale));
        } else {
          value = V::mul(term, V::gather(gate, to_bytes(value, gate_low, gate_high, gate_zero)));
        }
      }
      whole[j] = to_bytes(value, low, high, zero);
    }
    V::store_bytes(out + at[i], whole);
  }
}

template <int kPixels, int kVectors>
FACESDK_KERNEL void tile(const ConvCall& call, int32_t pixel, int32_t n, const int8_t* weights) {
  V::I sums[kPixels][kVectors];
  for (int j = 0; j < kVectors; ++j) {
    const V::I bias = V::load(call.conv->bias.data() + n + V::kLanes * j);
    for (int i = 0; i < kPixels; ++i) sums[i][j] = bias;
  }
  for (const SourceOffsets& source : call.sources) {
    const int32_t* const at = source.pixel.data() + pixel;
    for (const TapRun& run : source.runs) {
      const uint8_t* from[kPixels];
      for (int i = 0; i < kPixels; ++i) from[i] = source.bytes + at[i] + run.offset;
      for (int32_t k = 0; k < run.bytes; k += 4) {
        V::W w[kVectors];
        for (int j = 0; j < kVectors; ++j) w[j] = V::load_weights(weights + 4 * V::kLanes * j);
        weights += 4 * V::kLanes * kVectors;
        for (int i = 0; i < kPixels; ++i) {
          const V::A a = V::broadcast4(from[i] + k);
          for (int j = 0; j < kVectors; ++j) sums[i][j] = V::dot4(sums[i][j], a, w[j]);
        }
      }
    }
  }
  V::F scale[kVectors];
  for (int j = 0; j < kVectors; ++j) scale[j] = V::load(call.conv->scale.data() + n + V::kLanes * j);
  if (call.conv->to_float) return store_float(call, pixel, n, sums, scale);
  switch (call.conv->epilogue) {
    case Epilogue::kNone:
      return store_bytes<Epilogue::kNone>(call, pixel, n, sums, scale);
    case Epilogue::kAdd:
      return store_bytes<Epilogue::kAdd>(call, pixel, n, sums, scale);
    case Epilogue::kGate:
      return store_bytes<Epilogue::kGate>(call, pixel, n, sums, scale);
  }
}

// The last pixels, fewer than a full tile.
template <int kPixels, int kVectors>
FACESDK_KERNEL void last_tile(const ConvCall& call, int32_t pixel, int32_t first, const int8_t* weights) {
  if constexpr (kPixels > 0) {
    if (call.pixels - pixel == kPixels) return tile<kPixels, kVectors>(call, pixel, first, weights);
    last_tile<kPixels - 1, kVectors>(call, pixel, first, weights);
  }
}

// All pixels for one block of outputs.
template <int kPixels, int kVectors>
FACESDK_TARGET void conv_block(const ConvCall& call, int32_t first, const int8_t* weights) {
  int32_t pixel = 0;
  for (; pixel + kPixels <= call.pixels; pixel += kPixels) {
    tile<kPixels, kVectors>(call, pixel, first, weights);
  }
  last_tile<kPixels - 1, kVectors>(call, pixel, first, weights);
}

constexpr int32_t kSmallBlock = 2 * V::kLanes, kLargeBlock = 4 * V::kLanes;

FACESDK_TARGET void conv(const ConvCall& call) {
  const Conv& step = *call.conv;
  const int64_t row = static_cast<int64_t>(step.weights.size()) / step.outputs;
  for (int32_t first = 0; first < step.outputs;) {
    const int8_t* const weights = step.weights.data() + first * row;
    if (step.outputs - first >= kLargeBlock) {
      conv_block<V::kPixels[1], 4>(call, first, weights);
      first += kLargeBlock;
    } else {
      conv_block<V::kPixels[0], 2>(call, first, weights);
      first += kSmallBlock;
    }
  }
}

// By groups of 16 channels, so that their weights stay in registers along a row.
FACESDK_TARGET void depthwise(const DepthwiseCall& call) {
  const Depthwise& step = *call.depthwise;
  constexpr int kVectors = 16 / V::kLanes;
  const V::I zero = V::set(static_cast<int32_t>(call.out_zero));
  const V::F low = V::set(-static_cast<float>(call.out_zero)), high = V::set(255.0f - call.out_zero);
  const int32_t channels = call.channels, row = call.source_row, across = step.stride * channels;
  for (int32_t c = 0; c < channels; c += 16) {
    const V::DepthwiseWeights weights = V::load_depthwise(step.weights.data(), c, channels);
    V::I bias[kVectors];
    V::F scale[kVectors];
    for (int j = 0; j < kVectors; ++j) {
      bias[j] = V::load(step.bias.data() + c + V::kLanes * j);
      scale[j] = V::load(step.scale.data() + c + V::kLanes * j);
    }
    for (int32_t y = 0; y < call.height; ++y) {
      const uint8_t* from = call.source + static_cast<int64_t>(y) * step.stride * row + c;
      uint8_t* to = call.out + static_cast<int64_t>(y) * call.out_row + c;
      for (int32_t x = 0; x < call.width; ++x, from += across, to += channels) {
        V::I sums[kVectors];
        for (int j = 0; j < kVectors; ++j) sums[j] = bias[j];
        V::depthwise16(from, row, channels, weights, sums);
        for (int j = 0; j < kVectors; ++j) {
          sums[j] = to_bytes(V::mul(V::to_float(sums[j]), scale[j]), low, high, zero);
        }
        V::store_bytes(to, sums);
      }
    }
  }
}

template <int kVectors>
FACESDK_KERNEL void dense_block(const Dense& step, const float* inputs, int32_t first, const int8_t* weights,
                                float* out) {
  V::F sums[kVectors];
  for (int j = 0; j < kVectors; ++j) sums[j] = V::set(0.0f);
  for (int32_t k = 0; k < step.count; ++k, weights += V::kLanes * kVectors) {
    const V::F x = V::set(inputs[k]);
    for (int j = 0; j < kVectors; ++j) {
      sums[j] = V::add(sums[j], V::mul(x, V::to_float(V::widen(weights + V::kLanes * j))));
    }
  }
  for (int j = 0; j < kVectors; ++j) {
    const size_t n = static_cast<size_t>(first + V::kLanes * j);
    const V::F value = V::add(V::mul(sums[j], V::load(step.scale.data() + n)), V::load(step.bias.data() + n));
    V::store(out + n, V::max(V::min(value, V::load(step.high.data() + n)), V::load(step.low.data() + n)));
  }
}

FACESDK_TARGET void dense(const Dense& step, const float* inputs, float* out) {
  const int8_t* weights = step.weights.data();
  for (int32_t first = 0; first < step.outputs;) {
    const bool large = step.outputs - first >= kLargeBlock;
    if (large) {
      dense_block<4>(step, inputs, first, weights, out);
    } else {
      dense_block<2>(step, inputs, first, weights, out);
    }
    const int32_t block = large ? kLargeBlock : kSmallBlock;
    weights += static_cast<int64_t>(block) * step.count;
    first += block;
  }
}

}  // namespace
}  // namespace facesdk
