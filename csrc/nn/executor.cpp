#include "nn/executor.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/error.h"
#include "common/simd_dispatch.h"
#include "nn/nn_math.h"

namespace facesdk {
namespace {

constexpr size_t kSlack = 64;             // the vector kernels read up to this far past the last pixel
constexpr int64_t kLargestSide = 8192;    // px
constexpr int64_t kMostBytes = 1 << 30;   // of all maps and offsets of an executor
constexpr int64_t kMostSummed = 1 << 23;  // bytes that are added up in 32 bits

// Sums of each channel over the pixels of a softmax, channel by channel side by side.
struct AddSoftmaxPixel {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT row, const float* FACESDK_RESTRICT top,
                             int32_t count, float gx, float gy, float* FACESDK_RESTRICT weight,
                             float* FACESDK_RESTRICT x, float* FACESDK_RESTRICT y) {
    for (int32_t n = 0; n < count; ++n) {
      const float e = exp_negative(row[n] - top[n]);
      weight[n] = weight[n] + e;
      x[n] = x[n] + e * gx;
      y[n] = y[n] + e * gy;
    }
  }
};

struct RaiseMaximum {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT row, int32_t count, float* FACESDK_RESTRICT top) {
    for (int32_t n = 0; n < count; ++n) top[n] = row[n] > top[n] ? row[n] : top[n];
  }
};

struct BytesToFloats {
  static FACESDK_HD void run(const uint8_t* FACESDK_RESTRICT bytes, int32_t count, int32_t zero, float scale,
                             float* FACESDK_RESTRICT out) {
    for (int32_t i = 0; i < count; ++i) out[i] = static_cast<float>(bytes[i] - zero) * scale;
  }
};

// Sums of red, green and blue over a part of the picture, four bytes a pixel, read as whole numbers.
struct AddColours {
  static FACESDK_HD void run(const uint8_t* corner, int64_t row, int32_t height, int32_t width,
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
};

[[noreturn]] void refuse_size(const char* side, int64_t came, const std::string& expected) {
  throw Error(ErrorCode::kInvalidArgument,
              std::string(side) + ": got " + std::to_string(came) + ", expected " + expected);
}

}  // namespace

void check_size(const Graph& graph, int64_t height, int64_t width) {
  int64_t coarsest = 1;
  for (const Map& map : graph.maps) coarsest = std::max<int64_t>(coarsest, map.stride);
  for (const FloatMap& map : graph.float_maps) coarsest = std::max<int64_t>(coarsest, map.stride);
  for (const auto& [name, side] : {std::pair{"height", height}, std::pair{"width", width}}) {
    if (graph.side != 0 && side != graph.side) refuse_size(name, side, std::to_string(graph.side));
    if (side < 1 || side > kLargestSide || side % coarsest != 0) {
      refuse_size(name, side, "a multiple of " + std::to_string(coarsest) + " up to 8192");
    }
  }
  const auto pixels = [&](int64_t stride) { return (height / stride) * (width / stride); };
  int64_t bytes = 0;
  for (const Map& map : graph.maps) {
    bytes += (height / map.stride + 2 * map.padding) * (width / map.stride + 2 * map.padding) * map.channels;
  }
  for (const FloatMap& map : graph.float_maps) bytes += 4 * pixels(map.stride) * map.channels;
  for (const Step& step : graph.steps) {
    if (const Conv* conv = std::get_if<Conv>(&step)) {
      const size_t out = static_cast<size_t>(conv->out);
      const int64_t stride = conv->to_float ? graph.float_maps[out].stride : graph.maps[out].stride;
      bytes += 4 * pixels(stride) * static_cast<int64_t>(conv->sources.size() + 2);
    } else if (const Mean* mean = std::get_if<Mean>(&step)) {
      if (pixels(graph.maps[static_cast<size_t>(mean->source)].stride) > kMostSummed) {
        refuse_size("height x width", height * width, "fewer pixels: a mean would overflow");
      }
    } else if (const AveragePool* pool = std::get_if<AveragePool>(&step)) {
      if (height % pool->cells != 0 || width % pool->cells != 0) {
        refuse_size("height x width", height * width,
                    "a multiple of " + std::to_string(pool->cells) + " each");
      }
      if (pixels(pool->cells) > kMostSummed) {
        refuse_size("height x width", height * width, "fewer pixels: a mean would overflow");
      }
    } else if (const Flatten* flatten = std::get_if<Flatten>(&step)) {
      const Map& map = graph.maps[static_cast<size_t>(flatten->source)];
      const int64_t size = graph.vectors[static_cast<size_t>(flatten->out)];
      if (pixels(map.stride) * map.channels != size) {
        refuse_size("height x width", height * width,
                    "a map of " + std::to_string(size) + " numbers in a flatten step");
      }
    }
  }
  if (bytes > kMostBytes) refuse_size("height x width", height * width, "maps of at most a gibibyte");
}

Executor::Executor(std::shared_ptr<const Graph> graph, int32_t height, int32_t width)
    : graph_(std::move(graph)), height_(height), width_(width) {
  for (const Map& map : graph_->maps) {
    Area area;
    area.height = height / map.stride;
    area.width = width / map.stride;
    area.row = (area.width + 2 * map.padding) * map.channels;
    area.first = static_cast<int64_t>(map.padding) * area.row + map.padding * map.channels;
    area.bytes = array<uint8_t>(
        static_cast<size_t>(area.height + 2 * map.padding) * static_cast<size_t>(area.row) + kSlack,
        map.zero);
    areas_.push_back(std::move(area));
  }
  for (const FloatMap& map : graph_->float_maps) {
    float_maps_.push_back(
        array<float>(static_cast<size_t>(height / map.stride) * static_cast<size_t>(width / map.stride) *
                     static_cast<size_t>(map.channels)));
  }
  for (const int32_t size : graph_->vectors) {
    vectors_.push_back(array<float>(static_cast<size_t>(size)));
  }
  size_t scratch = 0;
  for (const Step& step : graph_->steps) {
    if (const Conv* conv = std::get_if<Conv>(&step)) {
      convs_.push_back(prepare(*conv));
    } else if (const Dense* dense = std::get_if<Dense>(&step)) {
      scratch = std::max(scratch, static_cast<size_t>(dense->count));
    } else if (const SoftArgmax* argmax = std::get_if<SoftArgmax>(&step)) {
      const FloatMap& map = graph_->float_maps[static_cast<size_t>(argmax->source)];
      scratch = std::max(scratch, 4 * static_cast<size_t>(map.channels));
    } else if (const Mean* mean = std::get_if<Mean>(&step)) {
      scratch =
          std::max(scratch, static_cast<size_t>(graph_->maps[static_cast<size_t>(mean->source)].channels));
    }
  }
  add_costs();
  scratch_ = array<float>(scratch);
  for (const GraphOutput& output : graph_->outputs) {
    size_t pixels = 0;
    for (const int32_t map : output.float_maps) {
      const int32_t stride = graph_->float_maps[static_cast<size_t>(map)].stride;
      pixels += static_cast<size_t>(height / stride) * static_cast<size_t>(width / stride);
    }
    joined_.emplace_back(pixels * static_cast<size_t>(output.size));
  }
}

PixelBuffer Executor::picture() {
  Area& area = areas_[0];
  return {area.bytes.data() + area.first, area.row, height_, width_};
}

OutputView Executor::output(int32_t index) const {
  const GraphOutput& output = graph_->outputs[static_cast<size_t>(index)];
  if (output.vector >= 0) return {vectors_[static_cast<size_t>(output.vector)].data(), output.size};
  const std::vector<float>& joined = joined_[static_cast<size_t>(index)];
  return {joined.data(), static_cast<int64_t>(joined.size())};
}

int32_t Executor::offset(int32_t map, int32_t y, int32_t x) const {
  const Area& area = areas_[static_cast<size_t>(map)];
  return static_cast<int32_t>(area.first) + y * area.row +
         x * graph_->maps[static_cast<size_t>(map)].channels;
}

SourceOffsets Executor::offsets(const Conv& conv, const Source& source, int32_t height, int32_t width) {
  SourceOffsets out;
  out.bytes = areas_[static_cast<size_t>(source.map)].bytes.data();
  const int32_t shift = source.upsample2x ? 1 : 0;
  out.pixel = array<int32_t>(static_cast<size_t>(height) * static_cast<size_t>(width));
  int32_t* to = out.pixel.data();
  for (int32_t y = 0; y < height; ++y) {
    for (int32_t x = 0; x < width; ++x) {
      *to++ =
          offset(source.map, (y >> shift) * conv.stride - conv.pad, (x >> shift) * conv.stride - conv.pad);
    }
  }
  const int32_t channels = graph_->maps[static_cast<size_t>(source.map)].channels;
  const int32_t origin = offset(source.map, 0, 0);
  for (int32_t y = 0; y < conv.kernel; ++y) {
    for (int32_t x = 0; x < conv.kernel; ++x) {
      const int32_t tap = offset(source.map, y * conv.dilation, x * conv.dilation) - origin;
      if (!out.runs.empty() && out.runs.back().offset + out.runs.back().bytes == tap) {
        out.runs.back().bytes += channels;
      } else {
        out.runs.push_back({tap, channels});
      }
    }
  }
  return out;
}

ConvCall Executor::prepare(const Conv& conv) {
  const size_t out = static_cast<size_t>(conv.out);
  const int32_t stride = conv.to_float ? graph_->float_maps[out].stride : graph_->maps[out].stride;
  const int32_t height = height_ / stride, width = width_ / stride;
  ConvCall call{};
  call.conv = &conv;
  call.pixels = height * width;
  for (const Source& source : conv.sources) call.sources.push_back(offsets(conv, source, height, width));
  call.out_pixel = array<int32_t>(static_cast<size_t>(call.pixels));
  int32_t* to = call.out_pixel.data();
  for (int32_t y = 0; y < height; ++y) {
    for (int32_t x = 0; x < width; ++x) {
      *to++ = conv.to_float ? (y * width + x) * conv.outputs : offset(conv.out, y, x);
    }
  }
  if (conv.epilogue != Epilogue::kNone) {
    const int32_t shift = conv.other.upsample2x ? 1 : 0;
    call.other_pixel = array<int32_t>(static_cast<size_t>(call.pixels));
    to = call.other_pixel.data();
    for (int32_t y = 0; y < height; ++y) {
      for (int32_t x = 0; x < width; ++x) *to++ = offset(conv.other.map, y >> shift, x >> shift);
    }
    call.other = areas_[static_cast<size_t>(conv.other.map)].bytes.data();
    call.other_zero = graph_->maps[static_cast<size_t>(conv.other.map)].zero;
  }
  if (conv.to_float) {
    call.out_float = float_maps_[out].data();
  } else {
    call.out = areas_[out].bytes.data();
    call.out_zero = graph_->maps[out].zero;
  }
  return call;
}

void Executor::add_costs() {
  // Products; those of a depthwise convolution take about three times as long.
  constexpr int64_t kPerDepthwise = 3 * 9;
  int64_t sum = 0;
  size_t conv_call = 0;
  for (const Step& step : graph_->steps) {
    if (const Conv* conv = std::get_if<Conv>(&step)) {
      int64_t channels = 0;
      for (const Source& source : conv->sources) {
        channels += graph_->maps[static_cast<size_t>(source.map)].channels;
      }
      sum += channels * conv->kernel * conv->kernel * conv->outputs * convs_[conv_call++].pixels;
    } else if (const Depthwise* depthwise = std::get_if<Depthwise>(&step)) {
      const Area& area = areas_[static_cast<size_t>(depthwise->out)];
      const int64_t channels = graph_->maps[static_cast<size_t>(depthwise->out)].channels;
      sum += kPerDepthwise * channels * area.height * area.width;
    }
    cost_.push_back(sum);
  }
}

void Executor::run_part(int32_t part, int32_t parts) {
  if (part == 0) next_step_ = next_conv_ = 0;
  const bool last = part + 1 == parts;
  const int64_t bound = cost_.empty() ? 0 : cost_.back() * (part + 1) / parts;
  for (; next_step_ < graph_->steps.size() && (last || cost_[next_step_] <= bound); ++next_step_) {
    std::visit(
        [&](const auto& some) {
          if constexpr (std::is_same_v<std::decay_t<decltype(some)>, Conv>) {
            graph_->kernels->conv(convs_[next_conv_++]);
          } else {
            step(some);
          }
        },
        graph_->steps[next_step_]);
  }
  if (!last) return;
  for (size_t i = 0; i < graph_->outputs.size(); ++i) {
    if (graph_->outputs[i].vector < 0) join_float_maps(graph_->outputs[i], &joined_[i]);
  }
}

void Executor::step(const Depthwise& depthwise) {
  const Area& from = areas_[static_cast<size_t>(depthwise.source)];
  Area& to = areas_[static_cast<size_t>(depthwise.out)];
  const Map& map = graph_->maps[static_cast<size_t>(depthwise.out)];
  graph_->kernels->depthwise({&depthwise, from.bytes.data() + offset(depthwise.source, -1, -1), from.row,
                              map.channels, to.height, to.width, to.bytes.data() + to.first, to.row,
                              map.zero});
}

void Executor::step(const Upsample& upsample) {
  const Area& from = areas_[static_cast<size_t>(upsample.source)];
  Area& to = areas_[static_cast<size_t>(upsample.out)];
  const int32_t channels = graph_->maps[static_cast<size_t>(upsample.out)].channels;
  for (int32_t y = 0; y < from.height; ++y) {
    const uint8_t* pixel = from.bytes.data() + from.first + y * from.row;
    uint8_t* const row = to.bytes.data() + to.first + 2 * y * to.row;
    uint8_t* twice = row;
    for (int32_t x = 0; x < from.width; ++x, pixel += channels, twice += 2 * channels) {
      for (int32_t c = 0; c < channels; c += kLanes) {  // copies of a known size become vector moves
        std::memcpy(twice + c, pixel + c, kLanes);
        std::memcpy(twice + channels + c, pixel + c, kLanes);
      }
    }
    std::memcpy(row + to.row, row, static_cast<size_t>(2 * from.width * channels));
  }
}

void Executor::step(const Mean& mean) {
  const Area& area = areas_[static_cast<size_t>(mean.source)];
  const Map& map = graph_->maps[static_cast<size_t>(mean.source)];
  float* const out = vectors_[static_cast<size_t>(mean.out)].data();
  const int32_t pixels = area.height * area.width;
  const float scale = mean.scale / static_cast<float>(pixels);
  int32_t sums[kLanes];
  for (int32_t first = 0; first < map.channels; first += kLanes) {
    std::fill_n(sums, kLanes, -pixels * map.zero);
    for (int32_t y = 0; y < area.height; ++y) {
      const uint8_t* row = area.bytes.data() + area.first + y * area.row + first;
      for (int32_t x = 0; x < area.width; ++x, row += map.channels) {
        for (int32_t c = 0; c < kLanes; ++c) sums[c] += row[c];
      }
    }
    for (int32_t c = 0; c < kLanes; ++c) out[first + c] = static_cast<float>(sums[c]) * scale;
  }
}

void Executor::step(const Flatten& flatten) {
  const Area& area = areas_[static_cast<size_t>(flatten.source)];
  const Map& map = graph_->maps[static_cast<size_t>(flatten.source)];
  const int32_t count = area.width * map.channels;
  float* const out = vectors_[static_cast<size_t>(flatten.out)].data();
  for (int32_t y = 0; y < area.height; ++y) {
    vectorized<BytesToFloats>(area.bytes.data() + area.first + y * area.row, count,
                              static_cast<int32_t>(map.zero), flatten.scale, out + y * count);
  }
}

void Executor::step(const AveragePool& pool) {
  const Area& area = areas_[0];
  float* out = vectors_[static_cast<size_t>(pool.out)].data();
  const int32_t height = area.height / pool.cells, width = area.width / pool.cells;
  const float scale = 1.0f / (255.0f * static_cast<float>(height * width));
  for (int32_t cell = 0; cell < pool.cells * pool.cells; ++cell) {
    const uint8_t* corner = area.bytes.data() + area.first + cell / pool.cells * height * area.row +
                            cell % pool.cells * width * 4;
    uint32_t sums[3];
    vectorized<AddColours>(corner, static_cast<int64_t>(area.row), height, width, &sums[0]);
    for (int32_t c = 0; c < 3; ++c) *out++ = static_cast<float>(sums[c]) * scale;
  }
}

void Executor::step(const SoftArgmax& argmax) {
  const FloatMap& map = graph_->float_maps[static_cast<size_t>(argmax.source)];
  const float* const values = float_maps_[static_cast<size_t>(argmax.source)].data();
  const int32_t height = height_ / map.stride, width = width_ / map.stride, count = map.channels;
  float *top = scratch_.data(), *weight = top + count, *sum_x = weight + count, *sum_y = sum_x + count;
  std::copy_n(values, count, top);
  std::fill_n(weight, 3 * count, 0.0f);
  for (int32_t p = 1; p < height * width; ++p) vectorized<RaiseMaximum>(values + p * count, count, top);
  for (int32_t p = 0; p < height * width; ++p) {
    const float gx =
        ((static_cast<float>(p % width) + 0.5f) / static_cast<float>(width) - 0.5f) * argmax.extent;
    const float gy =
        ((static_cast<float>(p / width) + 0.5f) / static_cast<float>(height) - 0.5f) * argmax.extent;
    vectorized<AddSoftmaxPixel>(values + p * count, static_cast<const float*>(top), count, gx, gy, weight,
                                sum_x, sum_y);
  }
  float* const out = vectors_[static_cast<size_t>(argmax.out)].data();
  for (int32_t n = 0; n < argmax.points; ++n) {
    out[2 * n] = sum_x[n] / weight[n];
    out[2 * n + 1] = sum_y[n] / weight[n];
  }
}

void Executor::step(const Dense& dense) {
  float* to = scratch_.data();
  for (const int32_t input : dense.inputs) {
    const AlignedVector<float>& values = vectors_[static_cast<size_t>(input)];
    to = std::copy(values.begin(), values.end(), to);
  }
  graph_->kernels->dense(dense, scratch_.data(), vectors_[static_cast<size_t>(dense.out)].data());
}

void Executor::join_float_maps(const GraphOutput& output, std::vector<float>* joined) const {
  float* to = joined->data();
  for (const int32_t index : output.float_maps) {
    const AlignedVector<float>& values = float_maps_[static_cast<size_t>(index)];
    const size_t channels = static_cast<size_t>(graph_->float_maps[static_cast<size_t>(index)].channels);
    for (size_t at = 0; at < values.size(); at += channels) {
      to = std::copy_n(values.data() + at, output.size, to);
    }
  }
}

}  // namespace facesdk
