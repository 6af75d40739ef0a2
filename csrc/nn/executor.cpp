#include <atomic>

#include "nn/graph.h"
#include "nn/nn_math.h"

namespace facesdk {
namespace {

std::atomic<bool> plain_only{false};

bool plain() { return plain_only.load(std::memory_order_relaxed) || !has_vnni(); }

constexpr size_t kSlack = 64;  // the vector kernels read up to this far past the last pixel

// Sums of each channel over the pixels of a softmax, channel by channel side by side.
FACESDK_CLONES void accumulate(const float* row, const float* top, int32_t count, float gx, float gy,
                               float* weight, float* x, float* y) {
  for (int32_t n = 0; n < count; ++n) {
    const float e = exp_negative(row[n] - top[n]);
    weight[n] = weight[n] + e;
    x[n] = x[n] + e * gx;
    y[n] = y[n] + e * gy;
  }
}

// Sums of red, green and blue over a part of the picture, four bytes a pixel, read as whole numbers.
FACESDK_CLONES void add_colours(const uint8_t* corner, int64_t row, int32_t height, int32_t width,
                                uint32_t* sums) {
  uint32_t red = 0, green = 0, blue = 0;
  for (int32_t y = 0; y < height; ++y) {
    const uint8_t* from = corner + y * row;
    for (int32_t x = 0; x < width; ++x) {
      uint32_t pixel;
      std::memcpy(&pixel, from + 4 * x, 4);
      red += pixel & 255;
      green += pixel >> 8 & 255;
      blue += pixel >> 16 & 255;
    }
  }
  sums[0] = red;
  sums[1] = green;
  sums[2] = blue;
}

}  // namespace

void use_plain_network(bool value) { plain_only.store(value); }
bool uses_plain_network() { return plain(); }

Run::Run(std::shared_ptr<const Plan> plan, int32_t height, int32_t width)
    : plan_(std::move(plan)), height_(height), width_(width) {
  for (const Map& map : plan_->maps) {
    Area area;
    area.height = height / map.stride;
    area.width = width / map.stride;
    area.row = (area.width + 2 * map.halo) * map.channels;
    area.first = static_cast<int64_t>(map.halo) * area.row + map.halo * map.channels;
    area.bytes.assign(static_cast<size_t>(area.height + 2 * map.halo) * area.row + kSlack, map.zero);
    areas_.push_back(std::move(area));
  }
  for (const FloatMap& map : plan_->float_maps) {
    floats_.emplace_back(static_cast<size_t>(height / map.stride) * (width / map.stride) * map.channels);
  }
  for (const int32_t size : plan_->vectors) vectors_.emplace_back(static_cast<size_t>(size));
  size_t most = 0;
  for (const Step& step : plan_->steps) {
    places_.emplace_back();
    if (const Conv* conv = std::get_if<Conv>(&step)) place(*conv, &places_.back());
    if (const Dense* dense = std::get_if<Dense>(&step)) {
      size_t inputs = 0;
      for (const int32_t input : dense->inputs) inputs += vectors_[static_cast<size_t>(input)].size();
      most = inputs > most ? inputs : most;
    }
    if (const Peaks* peaks = std::get_if<Peaks>(&step)) {
      const size_t channels =
          static_cast<size_t>(plan_->float_maps[static_cast<size_t>(peaks->source)].channels);
      most = 4 * channels > most ? 4 * channels : most;
    }
  }
  joined_.resize(most);
}

uint8_t* Run::picture() { return areas_[0].bytes.data() + areas_[0].first; }
int64_t Run::picture_row() const { return areas_[0].row; }

void Run::gray(float* out) const {
  const Area& area = areas_[0];
  for (int32_t y = 0; y < height_; ++y) {
    const uint8_t* row = area.bytes.data() + area.first + y * area.row;
    for (int32_t x = 0; x < width_; ++x) {
      const float red = row[4 * x], green = row[4 * x + 1], blue = row[4 * x + 2];
      *out++ = (red * 0.299f + green * 0.587f + blue * 0.114f) * (1.0f / 255.0f);
    }
  }
}

int32_t Run::offset(int32_t map, int32_t y, int32_t x) const {
  const Area& area = areas_[static_cast<size_t>(map)];
  return static_cast<int32_t>(area.first) + y * area.row + x * plan_->maps[static_cast<size_t>(map)].channels;
}

void Run::place(const Conv& conv, Places* places) const {
  const int32_t stride = conv.to_float ? plan_->float_maps[static_cast<size_t>(conv.out)].stride
                                       : plan_->maps[static_cast<size_t>(conv.out)].stride;
  const int32_t height = height_ / stride, width = width_ / stride;
  places->pixels = height * width;
  for (const Source& source : conv.sources) {
    std::vector<int32_t> at, taps;
    const int32_t shift = source.doubled ? 1 : 0;
    for (int32_t y = 0; y < height; ++y) {
      for (int32_t x = 0; x < width; ++x) {
        at.push_back(
            offset(source.map, (y >> shift) * conv.stride - conv.pad, (x >> shift) * conv.stride - conv.pad));
      }
    }
    const int32_t origin = offset(source.map, 0, 0);
    for (int32_t y = 0; y < conv.kernel; ++y) {
      for (int32_t x = 0; x < conv.kernel; ++x) {
        taps.push_back(offset(source.map, y * conv.dilation, x * conv.dilation) - origin);
      }
    }
    places->source.push_back(std::move(at));
    places->tap.push_back(std::move(taps));
  }
  const int32_t shift = conv.other.doubled ? 1 : 0;
  for (int32_t y = 0; y < height; ++y) {
    for (int32_t x = 0; x < width; ++x) {
      if (conv.join != Join::kNone) places->other.push_back(offset(conv.other.map, y >> shift, x >> shift));
      places->out.push_back(conv.to_float ? (y * width + x) * conv.outputs : offset(conv.out, y, x));
    }
  }
}

void Run::run() {
  for (size_t i = 0; i < plan_->steps.size(); ++i) {
    const Step& one = plan_->steps[i];
    if (const Conv* conv = std::get_if<Conv>(&one)) {
      step(*conv, places_[i]);
    } else {
      std::visit(
          [this](const auto& other) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(other)>, Conv>) step(other);
          },
          one);
    }
  }
}

void Run::step(const Conv& conv, const Places& places) {
  constexpr size_t kMostSources = 8;
  const uint8_t* sources[kMostSources] = {};
  int32_t channels[kMostSources] = {};
  for (size_t s = 0; s < conv.sources.size(); ++s) {
    const size_t map = static_cast<size_t>(conv.sources[s].map);
    sources[s] = areas_[map].bytes.data();
    channels[s] = plan_->maps[map].channels;
  }
  ConvCall call{&conv, &places, sources, channels, nullptr, 0, nullptr, 0, nullptr};
  if (conv.join != Join::kNone) {
    call.other = areas_[static_cast<size_t>(conv.other.map)].bytes.data();
    call.other_zero = plan_->maps[static_cast<size_t>(conv.other.map)].zero;
  }
  if (conv.to_float) {
    call.out_float = floats_[static_cast<size_t>(conv.out)].data();
  } else {
    call.out = areas_[static_cast<size_t>(conv.out)].bytes.data();
    call.out_zero = plan_->maps[static_cast<size_t>(conv.out)].zero;
  }
  plain() ? conv_plain(call) : conv_vnni(call);
}

void Run::step(const Depthwise& depthwise) {
  const Area& from = areas_[static_cast<size_t>(depthwise.source)];
  Area& to = areas_[static_cast<size_t>(depthwise.out)];
  const Map& map = plan_->maps[static_cast<size_t>(depthwise.out)];
  const DepthwiseCall call{&depthwise,
                           from.bytes.data() + offset(depthwise.source, -1, -1),
                           from.row,
                           map.channels,
                           to.height,
                           to.width,
                           to.bytes.data() + to.first,
                           to.row,
                           map.zero};
  plain() ? depthwise_plain(call) : depthwise_vnni(call);
}

void Run::step(const Mean& mean) {
  const Area& area = areas_[static_cast<size_t>(mean.source)];
  const Map& map = plan_->maps[static_cast<size_t>(mean.source)];
  std::vector<float>& out = vectors_[static_cast<size_t>(mean.out)];
  const int32_t pixels = area.height * area.width;
  const float scale = mean.scale / static_cast<float>(pixels);
  for (int32_t c = 0; c < map.channels; ++c) {
    int32_t sum = -pixels * map.zero;
    for (int32_t y = 0; y < area.height; ++y) {
      const uint8_t* row = area.bytes.data() + area.first + y * area.row + c;
      for (int32_t x = 0; x < area.width; ++x) sum += row[x * map.channels];
    }
    out[static_cast<size_t>(c)] = static_cast<float>(sum) * scale;
  }
}

void Run::step(const Flatten& flatten) {
  const Area& area = areas_[static_cast<size_t>(flatten.source)];
  const Map& map = plan_->maps[static_cast<size_t>(flatten.source)];
  float* out = vectors_[static_cast<size_t>(flatten.out)].data();
  for (int32_t y = 0; y < area.height; ++y) {
    const uint8_t* row = area.bytes.data() + area.first + y * area.row;
    for (int32_t i = 0; i < area.width * map.channels; ++i) {
      *out++ = static_cast<float>(row[i] - map.zero) * flatten.scale;
    }
  }
}

void Run::step(const Thumbnail& thumbnail) {
  const Area& area = areas_[0];
  float* out = vectors_[static_cast<size_t>(thumbnail.out)].data();
  const int32_t height = area.height / thumbnail.cells, width = area.width / thumbnail.cells;
  const float scale = 1.0f / (255.0f * static_cast<float>(height * width));
  for (int32_t cell = 0; cell < thumbnail.cells * thumbnail.cells; ++cell) {
    const uint8_t* corner = area.bytes.data() + area.first + cell / thumbnail.cells * height * area.row +
                            cell % thumbnail.cells * width * 4;
    uint32_t sums[3];
    add_colours(corner, area.row, height, width, sums);
    for (int32_t c = 0; c < 3; ++c) *out++ = static_cast<float>(sums[c]) * scale;
  }
}

void Run::step(const Peaks& peaks) {
  const FloatMap& map = plan_->float_maps[static_cast<size_t>(peaks.source)];
  const float* values = floats_[static_cast<size_t>(peaks.source)].data();
  const int32_t height = height_ / map.stride, width = width_ / map.stride, count = map.channels;
  float *top = joined_.data(), *weight = top + count, *sum_x = weight + count, *sum_y = sum_x + count;
  for (int32_t n = 0; n < count; ++n) {
    top[n] = values[n];
    weight[n] = sum_x[n] = sum_y[n] = 0.0f;
  }
  for (int32_t p = 1; p < height * width; ++p) {
    const float* row = values + p * count;
    for (int32_t n = 0; n < count; ++n) top[n] = row[n] > top[n] ? row[n] : top[n];
  }
  for (int32_t p = 0; p < height * width; ++p) {
    const float gx =
        ((static_cast<float>(p % width) + 0.5f) / static_cast<float>(width) - 0.5f) * peaks.extent;
    const float gy =
        ((static_cast<float>(p / width) + 0.5f) / static_cast<float>(height) - 0.5f) * peaks.extent;
    accumulate(values + p * count, top, count, gx, gy, weight, sum_x, sum_y);
  }
  float* out = vectors_[static_cast<size_t>(peaks.out)].data();
  for (int32_t n = 0; n < peaks.points; ++n) {
    out[2 * n] = sum_x[n] / weight[n];
    out[2 * n + 1] = sum_y[n] / weight[n];
  }
}

void Run::step(const Dense& dense) {
  float* to = joined_.data();
  for (const int32_t input : dense.inputs) {
    for (const float value : vectors_[static_cast<size_t>(input)]) *to++ = value;
  }
  const int32_t count = static_cast<int32_t>(to - joined_.data());
  float* out = vectors_[static_cast<size_t>(dense.out)].data();
  plain() ? dense_plain(dense, joined_.data(), count, out) : dense_vnni(dense, joined_.data(), count, out);
}

}  // namespace facesdk
