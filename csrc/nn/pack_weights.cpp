#include "nn/graph.h"

namespace facesdk {

std::vector<int8_t> pack_conv(const int8_t* weights, int32_t outputs, int32_t taps,
                              const std::vector<int32_t>& source_channels) {
  int32_t inputs = 0;
  for (const int32_t channels : source_channels) inputs += channels;
  std::vector<int8_t> packed;
  packed.reserve(static_cast<size_t>(outputs) * taps * inputs);
  for (int32_t first = 0; first < outputs;) {
    const int32_t left = (outputs - first) / kLanes;
    const int32_t lanes = left >= 4 ? 4 : (left >= 2 ? 2 : 1);
    int32_t before = 0;
    for (const int32_t channels : source_channels) {
      for (int32_t tap = 0; tap < taps; ++tap) {
        for (int32_t four = 0; four < channels; four += 4) {
          for (int32_t n = first; n < first + lanes * kLanes; ++n) {
            const int8_t* from = weights + (static_cast<int64_t>(n) * taps + tap) * inputs + before + four;
            packed.insert(packed.end(), from, from + 4);
          }
        }
      }
      before += channels;
    }
    first += lanes * kLanes;
  }
  return packed;
}

// A group holds 64 bytes that are convolved together. The vector kernel interleaves four taps within every
// quarter of them, which leaves channel 16 l + 4 j + d in number 4 l + d of sum j.
void pack_depthwise(const int8_t* weights, const int32_t* bias, const float* scale, int32_t channels,
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
            out->weights.push_back(channel < channels && t < 9 ? weights[t * channels + channel] : int8_t{0});
          }
        }
      }
    }
  }
}

std::vector<int8_t> pack_dense(const int8_t* weights, int32_t outputs, int32_t inputs) {
  std::vector<int8_t> packed;
  packed.reserve(static_cast<size_t>(outputs) * inputs);
  for (int32_t first = 0; first < outputs; first += 64) {
    const int32_t last = first + 64 < outputs ? first + 64 : outputs;
    for (int32_t k = 0; k < inputs; ++k) {
      for (int32_t n = first; n < last; ++n) packed.push_back(weights[static_cast<int64_t>(n) * inputs + k]);
    }
  }
  return packed;
}

}  // namespace facesdk
