// The kernels in plain C++: what the others must equal, and what runs where none of them fits.
#include "nn/kernels.h"
#include "nn/nn_math.h"
#include "nn/pack_weights.h"

namespace facesdk {
namespace {

constexpr int32_t kLargestBlock = 64;

void conv_sums(const ConvCall& call, int32_t pixel, const int8_t* weights, int32_t block, int32_t* sums) {
  for (const SourceOffsets& source : call.sources) {
    const uint8_t* const first = source.bytes + source.pixel[static_cast<size_t>(pixel)];
    for (const TapRun& run : source.runs) {
      for (int32_t k = 0; k < run.bytes; k += 4) {
        const uint8_t* a = first + run.offset + k;
        const int32_t a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
        for (int32_t n = 0; n < block; ++n) {
          const int8_t* w = weights + 4 * n;
          sums[n] += a0 * w[0] + a1 * w[1] + a2 * w[2] + a3 * w[3];
        }
        weights += 4 * block;
      }
    }
  }
}

void store(const ConvCall& call, int32_t pixel, int32_t first, int32_t block, const int32_t* sums) {
  const Conv& conv = *call.conv;
  const int32_t at = call.out_pixel[static_cast<size_t>(pixel)];
  const uint8_t* other =
      conv.epilogue == Epilogue::kNone ? nullptr : call.other + call.other_pixel[static_cast<size_t>(pixel)];
  for (int32_t i = 0; i < block; ++i) {
    const int32_t n = first + i;
    float value = static_cast<float>(sums[i]) * conv.scale[static_cast<size_t>(n)];
    if (conv.to_float) {
      call.out_float[at + n] = value;
      continue;
    }
    if (conv.epilogue == Epilogue::kAdd) {
      value = value + static_cast<float>(other[n] - call.other_zero) * conv.other_scale;
    } else if (conv.epilogue == Epilogue::kGate) {
      value = static_cast<float>(other[n] - call.other_zero) * conv.gate[to_byte(value, conv.gate_zero)];
    }
    call.out[at + n] = to_byte(value, call.out_zero);
  }
}

void conv(const ConvCall& call) {
  const Conv& step = *call.conv;
  const Kernels& family = *reference_kernels();
  const int64_t row = static_cast<int64_t>(step.weights.size()) / step.outputs;
  int32_t sums[kLargestBlock];
  for (int32_t first = 0; first < step.outputs;) {
    const int32_t block = next_block(family, step.outputs - first);
    for (int32_t pixel = 0; pixel < call.pixels; ++pixel) {
      for (int32_t i = 0; i < block; ++i) sums[i] = step.bias[static_cast<size_t>(first + i)];
      conv_sums(call, pixel, step.weights.data() + first * row, block, sums);
      store(call, pixel, first, block, sums);
    }
    first += block;
  }
}

void depthwise(const DepthwiseCall& call) {
  const Depthwise& step = *call.depthwise;
  for (int32_t y = 0; y < call.height; ++y) {
    for (int32_t x = 0; x < call.width; ++x) {
      const uint8_t* from = call.source + static_cast<int64_t>(y) * step.stride * call.source_row +
                            x * step.stride * call.channels;
      uint8_t* to = call.out + static_cast<int64_t>(y) * call.out_row + x * call.channels;
      for (int32_t c = 0; c < call.channels; ++c) {
        int32_t sum = step.bias[static_cast<size_t>(c)];
        for (int32_t tap = 0; tap < 9; ++tap) {
          sum += step.weights[static_cast<size_t>(tap * call.channels + c)] *
                 from[(tap / 3) * call.source_row + (tap % 3) * call.channels + c];
        }
        to[c] = to_byte(static_cast<float>(sum) * step.scale[static_cast<size_t>(c)], call.out_zero);
      }
    }
  }
}

void dense(const Dense& step, const float* inputs, float* out) {
  const Kernels& family = *reference_kernels();
  const int8_t* weights = step.weights.data();
  for (int32_t first = 0; first < step.outputs;) {
    const int32_t block = next_block(family, step.outputs - first);
    float sums[kLargestBlock] = {};
    for (int32_t k = 0; k < step.count; ++k) {
      for (int32_t n = 0; n < block; ++n) sums[n] = sums[n] + inputs[k] * static_cast<float>(weights[n]);
      weights += block;
    }
    for (int32_t n = 0; n < block; ++n) {
      const size_t at = static_cast<size_t>(first + n);
      const float value = sums[n] * step.scale[at] + step.bias[at];
      const float below = value < step.high[at] ? value : step.high[at];
      out[at] = below > step.low[at] ? below : step.low[at];
    }
    first += block;
  }
}

constexpr Kernels kKernels{"reference", VectorLevel::kPlain, {64, 32, 16}, false, DepthwiseLayout::kTaps,
                           conv,        depthwise,           dense};

}  // namespace

const Kernels* reference_kernels() { return &kKernels; }

}  // namespace facesdk
