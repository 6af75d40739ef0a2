#include "nn/pack_weights.h"

#include <cstring>

namespace facesdk {
namespace {

constexpr int32_t kTaps = 9;

// A group holds 64 bytes that are convolved together. The kernel interleaves four taps within every quarter
// of them, which leaves channel 16 l + 4 j + d in number 4 l + d of sum j. Where 64 is a multiple of the
// channels, a row is convolved as one run of bytes, several pixels at a time.
void pack_quads(const int8_t* weights, const int32_t* bias, const float* scale, int32_t channels,
                Depthwise* out) {
  const bool repeats = out->stride == 1 && 64 % channels == 0;
  const int32_t groups = repeats ? 1 : (channels + 63) / 64;
  const auto channel_of = [&](int32_t group, int32_t place) {
    const int32_t channel = 64 * group + place;
    return repeats ? channel % channels : channel;
  };
  for (int32_t group = 0; group < groups; ++group) {
    for (int32_t j = 0; j < 4; ++j) {
      for (int32_t lane = 0; lane < 16; ++lane) {
        const int32_t channel = channel_of(group, 16 * (lane / 4) + 4 * j + lane % 4);
        out->bias.push_back(channel < channels ? bias[channel] : 0);
        out->scale.push_back(channel < channels ? scale[channel] : 0.0f);
      }
    }
    for (int32_t tap = 0; tap < 12; tap += 4) {
      for (int32_t j = 0; j < 4; ++j) {
        for (int32_t lane = 0; lane < 16; ++lane) {
          const int32_t channel = channel_of(group, 16 * (lane / 4) + 4 * j + lane % 4);
          for (int32_t t = tap; t < tap + 4; ++t) {
            const bool some = channel < channels && t < kTaps;
            out->weights.push_back(some ? weights[t * channels + channel] : int8_t{0});
          }
        }
      }
    }
  }
}

void pack_pairs(const int8_t* weights, int32_t channels, Depthwise* out) {
  std::vector<int16_t> pairs;
  for (int32_t first = 0; first < channels; first += 8) {
    for (int32_t tap = 0; tap < kTaps + 1; tap += 2) {
      for (int32_t c = first; c < first + 8; ++c) {
        pairs.push_back(weights[tap * channels + c]);
        pairs.push_back(tap + 1 < kTaps ? weights[(tap + 1) * channels + c] : int8_t{0});
      }
    }
  }
  out->weights.resize(pairs.size() * sizeof(int16_t));
  std::memcpy(out->weights.data(), pairs.data(), out->weights.size());
}

}  // namespace

void pack_conv(const int8_t* weights, const int32_t* bias, int32_t taps,
               const std::vector<int32_t>& source_channels, const Kernels& kernels, Conv* conv) {
  int32_t inputs = 0;
  for (const int32_t channels : source_channels) inputs += channels;
  const int64_t row = static_cast<int64_t>(taps) * inputs;
  conv->weights.reserve(static_cast<size_t>(conv->outputs * row));
  for (int32_t first = 0; first < conv->outputs;) {
    const int32_t block = next_block(kernels, conv->outputs - first);
    int32_t before = 0;
    for (const int32_t channels : source_channels) {
      for (int32_t tap = 0; tap < taps; ++tap) {
        for (int32_t four = 0; four < channels; four += 4) {
          for (int32_t n = first; n < first + block; ++n) {
            const int8_t* from = weights + n * row + static_cast<int64_t>(tap) * inputs + before + four;
            conv->weights.insert(conv->weights.end(), from, from + 4);
          }
        }
      }
      before += channels;
    }
    first += block;
  }
  conv->bias.assign(bias, bias + conv->outputs);
  if (!kernels.signed_activations) return;
  for (int32_t n = 0; n < conv->outputs; ++n) {
    int32_t sum = 0;
    for (int64_t k = 0; k < row; ++k) sum += weights[n * row + k];
    conv->bias[static_cast<size_t>(n)] += 128 * sum;
  }
}

void pack_depthwise(const int8_t* weights, const int32_t* bias, const float* scale, int32_t channels,
                    const Kernels& kernels, Depthwise* depthwise) {
  if (kernels.depthwise_layout == DepthwiseLayout::kQuads) {
    return pack_quads(weights, bias, scale, channels, depthwise);
  }
  depthwise->bias.assign(bias, bias + channels);
  depthwise->scale.assign(scale, scale + channels);
  if (kernels.depthwise_layout == DepthwiseLayout::kPairs) return pack_pairs(weights, channels, depthwise);
  depthwise->weights.assign(weights, weights + kTaps * channels);
}

void pack_dense(const int8_t* weights, const Kernels& kernels, Dense* dense) {
  dense->weights.reserve(static_cast<size_t>(dense->outputs) * static_cast<size_t>(dense->count));
  for (int32_t first = 0; first < dense->outputs;) {
    const int32_t block = next_block(kernels, dense->outputs - first);
    for (int32_t k = 0; k < dense->count; ++k) {
      for (int32_t n = first; n < first + block; ++n) {
        dense->weights.push_back(weights[static_cast<int64_t>(n) * dense->count + k]);
      }
    }
    first += block;
  }
}

}  // namespace facesdk
