// The steps in plain C++: obviously right, and what runs where no vector form fits.
#include "nn/graph.h"
#include "nn/nn_math.h"

namespace facesdk {
namespace {

FACESDK_CLONES void sum_block(const ConvCall& call, int32_t pixel, const int8_t* weights, int32_t lanes,
                              int32_t* sums) {
  const Places& places = *call.places;
  for (size_t s = 0; s < places.source.size(); ++s) {
    const uint8_t* first = call.sources[s] + places.source[s][static_cast<size_t>(pixel)];
    for (const int32_t tap : places.tap[s]) {
      for (int32_t k = 0; k < call.channels[s]; k += 4) {
        const uint8_t* a = first + tap + k;
        const int32_t a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
        for (int32_t n = 0; n < lanes; ++n) {
          const int8_t* w = weights + 4 * n;
          sums[n] += a0 * w[0] + a1 * w[1] + a2 * w[2] + a3 * w[3];
        }
        weights += 4 * lanes;
      }
    }
  }
}

void store_block(const ConvCall& call, int32_t pixel, int32_t first, int32_t lanes, const int32_t* sums) {
  const Conv& conv = *call.conv;
  const int32_t at = call.places->out[static_cast<size_t>(pixel)];
  const uint8_t* other =
      conv.join == Join::kNone ? nullptr : call.other + call.places->other[static_cast<size_t>(pixel)];
  for (int32_t i = 0; i < lanes; ++i) {
    const int32_t n = first + i;
    float value = static_cast<float>(sums[i]) * conv.scale[static_cast<size_t>(n)];
    if (conv.to_float) {
      call.out_float[at + n] = value;
      continue;
    }
    if (conv.join == Join::kAdd) {
      value = value + static_cast<float>(other[n] - call.other_zero) * conv.other_scale;
    } else if (conv.join == Join::kGate) {
      value = static_cast<float>(other[n] - call.other_zero) * conv.gate[to_byte(value, conv.gate_zero)];
    }
    call.out[at + n] = to_byte(value, call.out_zero);
  }
}

}  // namespace

void conv_plain(const ConvCall& call) {
  const Conv& conv = *call.conv;
  int64_t per_output = 0;  // packed bytes
  for (size_t s = 0; s < conv.sources.size(); ++s) {
    per_output += static_cast<int64_t>(call.channels[s]) * static_cast<int64_t>(call.places->tap[s].size());
  }
  int32_t sums[kLanes * kBlockLanes];
  for (int32_t first = 0; first < conv.outputs;) {
    const int32_t left = (conv.outputs - first) / kLanes;
    const int32_t lanes = kLanes * (left >= 4 ? 4 : (left >= 2 ? 2 : 1));
    for (int32_t pixel = 0; pixel < call.places->pixels; ++pixel) {
      for (int32_t i = 0; i < lanes; ++i) sums[i] = conv.bias[static_cast<size_t>(first + i)];
      sum_block(call, pixel, conv.weights.data() + first * per_output, lanes, sums);
      store_block(call, pixel, first, lanes, sums);
    }
    first += lanes;
  }
}

void depthwise_plain(const DepthwiseCall& call) {
  const Depthwise& step = *call.depthwise;
  const int32_t groups = static_cast<int32_t>(step.bias.size()) / 64;
  for (int32_t y = 0; y < call.height; ++y) {
    for (int32_t x = 0; x < call.width; ++x) {
      const uint8_t* from = call.source + static_cast<int64_t>(y) * step.stride * call.source_row +
                            x * step.stride * call.channels;
      uint8_t* to = call.out + static_cast<int64_t>(y) * call.out_row + x * call.channels;
      for (int32_t group = 0; group < groups; ++group) {
        for (int32_t i = 0; i < 64 && 64 * group + i < call.channels; ++i) {
          const int32_t j = i % 16 / 4, lane = 4 * (i / 16) + i % 4;
          const size_t place = static_cast<size_t>(64 * group + 16 * j + lane);
          int32_t sum = step.bias[place];
          for (int32_t tap = 0; tap < 9; ++tap) {
            const int8_t weight =
                step.weights[static_cast<size_t>(((3 * group + tap / 4) * 4 + j) * 64 + 4 * lane + tap % 4)];
            sum += weight * from[(tap / 3) * call.source_row + (tap % 3) * call.channels + 64 * group + i];
          }
          to[64 * group + i] = to_byte(static_cast<float>(sum) * step.scale[place], call.out_zero);
        }
      }
    }
  }
}

FACESDK_CLONES void dense_plain(const Dense& dense, const float* inputs, int32_t count, float* out) {
  const int8_t* weights = dense.weights.data();
  for (int32_t first = 0; first < dense.outputs; first += 64) {
    const int32_t lanes = dense.outputs - first < 64 ? dense.outputs - first : 64;
    float sums[64] = {};
    for (int32_t k = 0; k < count; ++k) {
      for (int32_t n = 0; n < lanes; ++n) sums[n] = sums[n] + inputs[k] * static_cast<float>(weights[n]);
      weights += lanes;
    }
    for (int32_t n = 0; n < lanes; ++n) {
      const size_t at = static_cast<size_t>(first + n);
      const float value = sums[n] * dense.scale[at] + dense.bias[at];
      const float below = value < dense.high[at] ? value : dense.high[at];
      out[at] = below > dense.low[at] ? below : dense.low[at];
    }
  }
}

}  // namespace facesdk
