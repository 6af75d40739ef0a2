#include "nn/graph_loader.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "assets/json.h"
#include "common/error.h"
#include "nn/pack_weights.h"

namespace facesdk {
namespace {

constexpr int64_t kMostEntries = 4096;   // maps, vectors, steps
constexpr int64_t kMostSources = 8;      // of a convolution
constexpr int64_t kMostInputs = 64;      // of a dense step
constexpr int64_t kMostChannels = 8192;  // of a map, outputs of a step
constexpr int64_t kLargestVector = 1 << 20;
constexpr int64_t kLargestKernel = 9;     // px
constexpr int64_t kLargestReach = 16;     // px: strides, dilations, paddings
constexpr int64_t kLargestStride = 1024;  // of a map
constexpr int64_t kLargestSide = 8192;    // px

class GraphLoader {
 public:
  GraphLoader(const Safetensors& file, const Kernels& kernels) : file_(file), label_(file.name()) {
    graph_.kernels = &kernels;
  }

  std::shared_ptr<const Graph> load();

 private:
  [[noreturn]] void refuse(const std::string& what, const std::string& came,
                           const std::string& expected) const {
    throw Error(ErrorCode::kAsset, label_ + ": " + what + ": got " + came + ", expected " + expected);
  }

  int32_t whole(const Json& object, const char* key, int64_t low, int64_t high) const {
    return static_cast<int32_t>(
        json_integer(json_member(object, key, label_), low, high, label_ + ": " + key));
  }
  float number(const Json& object, const char* key) const {
    return json_float(json_member(object, key, label_), label_ + ": " + key);
  }
  const Json& list(const Json& object, const char* key, int64_t most) const {
    return json_array(json_member(object, key, label_), most, label_ + ": " + key);
  }
  template <typename T>
  int32_t index(const Json& object, const char* key, const std::vector<T>& among) const {
    return whole(object, key, 0, static_cast<int64_t>(among.size()) - 1);
  }
  const Map& map(int32_t at) const { return graph_.maps[static_cast<size_t>(at)]; }

  // An array of the step that is being read.
  template <typename T>
  const T* array(const char* part, const std::vector<int64_t>& shape) const {
    return file_.require<T>(std::to_string(graph_.steps.size()) + "." + part, shape);
  }
  AlignedVector<float> floats(const char* part, int64_t count) const;
  // Extents of the step's "weights".
  std::vector<int64_t> weights_shape(size_t dimensions) const;

  void require_lanes(const char* what, int64_t came) const {
    if (came % kLanes != 0) refuse(what, std::to_string(came), "a multiple of 16");
  }
  void require_equal(const char* what, int64_t came, int64_t expected) const {
    if (came != expected) refuse(what, std::to_string(came), std::to_string(expected));
  }
  void require_sums(const int8_t* weights, int64_t row, int64_t step, const int32_t* bias,
                    int64_t count) const;
  Source source(const Json& value) const;
  int32_t sized_vector(const Json& step, int64_t size) const;

  void read_map(const Json& entry);
  void read_float_map(const Json& entry);
  void read_step(const Json& step);
  void read_conv(const Json& step);
  void read_epilogue(const Json& step, int64_t out_stride, Conv* conv);
  void read_depthwise(const Json& step);
  void read_upsample(const Json& step);
  void read_mean(const Json& step);
  void read_flatten(const Json& step);
  void read_average_pool(const Json& step);
  void read_soft_argmax(const Json& step);
  void read_dense(const Json& step);
  void read_output(const std::string& name, const Json& entry);

  const Safetensors& file_;
  std::string label_;  // stands before messages
  Graph graph_{};
};

// Moves a step's arrays into the graph's arena, in the order of the steps.
struct MoveInto {
  Arena* arena;

  void operator()(Conv& conv) const {
    move_into(arena, &conv.weights);
    move_into(arena, &conv.bias);
    move_into(arena, &conv.scale);
    move_into(arena, &conv.gate);
  }
  void operator()(Depthwise& depthwise) const {
    move_into(arena, &depthwise.weights);
    move_into(arena, &depthwise.bias);
    move_into(arena, &depthwise.scale);
  }
  void operator()(Dense& dense) const {
    move_into(arena, &dense.weights);
    move_into(arena, &dense.scale);
    move_into(arena, &dense.bias);
    move_into(arena, &dense.low);
    move_into(arena, &dense.high);
  }
  template <typename Other>
  void operator()(Other&) const {}
};

AlignedVector<float> GraphLoader::floats(const char* part, int64_t count) const {
  const float* const values = array<float>(part, {count});
  for (int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) refuse(part, "a number that is not finite", "finite numbers");
  }
  return {values, values + count};
}

std::vector<int64_t> GraphLoader::weights_shape(size_t dimensions) const {
  const std::string key = std::to_string(graph_.steps.size()) + ".weights";
  file_.require<int8_t>(key, std::vector<int64_t>(dimensions, -1));
  return file_.find(key)->shape;
}

// No partial sum may leave int32, with activations from 0 to 255 or from -128 to 127 and their share in the
// bias.
void GraphLoader::require_sums(const int8_t* weights, int64_t row, int64_t step, const int32_t* bias,
                               int64_t count) const {
  for (int64_t n = 0; n < count; ++n) {
    int64_t sum = std::abs(static_cast<int64_t>(bias[n]));
    const int8_t* const first = weights + (step == 1 ? n * row : n);
    int64_t magnitude = 0;
    for (int64_t k = 0; k < row; ++k) {
      const int32_t weight = first[k * step];
      // -128 has no counterpart: a kernel that moves the activation's sign to the weight would be wrong.
      if (weight == -128) refuse("weights", "-128", "-127 to 127");
      magnitude += std::abs(weight);
    }
    sum += 256 * magnitude;
    if (sum > std::numeric_limits<int32_t>::max()) {
      refuse("weights", "sums of up to " + std::to_string(sum), "sums that fit 32 bits");
    }
  }
}

// [map, upsampled]
Source GraphLoader::source(const Json& value) const {
  json_array(value, 2, label_ + ": source");
  require_equal("entries of a source", static_cast<int64_t>(value.size()), 2);
  const int64_t last = static_cast<int64_t>(graph_.maps.size()) - 1;
  return {static_cast<int32_t>(json_integer(value[0], 0, last, label_ + ": source")),
          json_bool(value[1], label_ + ": source")};
}

int32_t GraphLoader::sized_vector(const Json& step, int64_t size) const {
  const int32_t out = index(step, "out", graph_.vectors);
  require_equal("size of the output", graph_.vectors[static_cast<size_t>(out)], size);
  return out;
}

void GraphLoader::read_map(const Json& entry) {
  const bool picture = graph_.maps.empty();
  const Map map{whole(entry, "stride", 1, kLargestStride), whole(entry, "channels", 4, kMostChannels),
                whole(entry, "halo", 0, kLargestReach), static_cast<uint8_t>(whole(entry, "zero", 0, 255))};
  if (picture) {
    require_equal("channels of the picture", map.channels, 4);
    require_equal("stride of the picture", map.stride, 1);
  } else {
    require_lanes("channels", map.channels);
  }
  graph_.maps.push_back(map);
}

void GraphLoader::read_float_map(const Json& entry) {
  const FloatMap map{whole(entry, "stride", 1, kLargestStride),
                     whole(entry, "channels", kLanes, kMostChannels)};
  require_lanes("channels", map.channels);
  graph_.float_maps.push_back(map);
}

void GraphLoader::read_conv(const Json& step) {
  Conv conv{};
  conv.stride = whole(step, "stride", 1, kLargestReach);
  conv.dilation = whole(step, "dilation", 1, kLargestReach);
  conv.pad = whole(step, "pad", 0, kLargestReach);
  std::vector<int32_t> channels;
  int64_t inputs = 0;
  for (const Json& value : list(step, "sources", kMostSources)) {
    conv.sources.push_back(source(value));
    channels.push_back(map(conv.sources.back().map).channels);
    inputs += channels.back();
  }
  if (channels.empty()) refuse("sources", "none", "1 to 8");
  const std::vector<int64_t> shape = weights_shape(3);
  const int64_t taps = shape[1];
  conv.kernel = 1;
  while (conv.kernel < kLargestKernel && conv.kernel * conv.kernel < taps) ++conv.kernel;
  if (conv.kernel * conv.kernel != taps) {
    refuse("weights", std::to_string(taps) + " taps", "a square kernel of 1 to 81 taps");
  }
  if (shape[0] < kLanes || shape[0] > kMostChannels) {
    refuse("weights", std::to_string(shape[0]) + " outputs", "16 to 8192");
  }
  require_lanes("outputs", shape[0]);
  conv.outputs = static_cast<int32_t>(shape[0]);
  const int8_t* const weights = array<int8_t>("weights", {conv.outputs, taps, inputs});
  const int32_t* const bias = array<int32_t>("bias", {conv.outputs});
  require_sums(weights, taps * inputs, 1, bias, conv.outputs);
  conv.scale = floats("scale", conv.outputs);
  conv.to_float = json_bool(json_member(step, "to_float", label_), label_ + ": to_float");
  int64_t out_stride = 0;
  if (conv.to_float) {
    conv.out = index(step, "out", graph_.float_maps);
    const FloatMap& out = graph_.float_maps[static_cast<size_t>(conv.out)];
    require_equal("channels of the output", out.channels, conv.outputs);
    out_stride = out.stride;
  } else {
    conv.out = index(step, "out", graph_.maps);
    require_equal("channels of the output", map(conv.out).channels, conv.outputs);
    out_stride = map(conv.out).stride;
  }
  const int64_t reach = static_cast<int64_t>(conv.dilation) * (conv.kernel - 1) + 1;
  for (const Source& source : conv.sources) {
    const Map& from = map(source.map);
    // The last tap of the last pixel must lie within the padding.
    const int64_t needed = std::max<int64_t>(conv.pad, reach - conv.pad - conv.stride);
    if (from.padding < needed) {
      refuse("halo of a source", std::to_string(from.padding), "at least " + std::to_string(needed));
    }
    require_equal("stride of a source", static_cast<int64_t>(from.stride) * conv.stride,
                  source.upsample2x ? 2 * out_stride : out_stride);
    if (!conv.to_float && source.map == conv.out) refuse("out", "a source", "another map");
  }
  read_epilogue(step, out_stride, &conv);
  pack_conv(weights, bias, static_cast<int32_t>(taps), channels, *graph_.kernels, &conv);
  graph_.steps.emplace_back(std::move(conv));
}

void GraphLoader::read_epilogue(const Json& step, int64_t out_stride, Conv* conv) {
  const std::string& name = json_string(json_member(step, "join", label_), label_ + ": join");
  if (name == "none") {
    conv->epilogue = Epilogue::kNone;
    return;
  }
  if (name != "add" && name != "gate") refuse("join", "'" + printable(name) + "'", "none, add or gate");
  if (conv->to_float) refuse("join", name, "none where the output is float");
  conv->epilogue = name == "add" ? Epilogue::kAdd : Epilogue::kGate;
  conv->other = source(json_member(step, "other", label_));
  const Map& other = map(conv->other.map);
  require_equal("channels of the other map", other.channels, conv->outputs);
  require_equal("stride of the other map", other.stride,
                conv->other.upsample2x ? 2 * out_stride : out_stride);
  if (conv->other.map == conv->out) refuse("other", "the output", "another map");
  conv->other_scale = number(step, "other_scale");
  conv->gate_zero = static_cast<uint8_t>(whole(step, "gate_zero", 0, 255));
  if (conv->epilogue == Epilogue::kGate) conv->gate = floats("gate", 256);
}

void GraphLoader::read_depthwise(const Json& step) {
  Depthwise depthwise{};
  depthwise.source = index(step, "source", graph_.maps);
  depthwise.out = index(step, "out", graph_.maps);
  depthwise.stride = whole(step, "stride", 1, 2);
  const Map &from = map(depthwise.source), &to = map(depthwise.out);
  require_lanes("channels", from.channels);
  require_equal("channels of the output", to.channels, from.channels);
  if (from.padding < 1) refuse("halo of the source", "0", "at least 1");
  require_equal("stride of the output", to.stride, static_cast<int64_t>(from.stride) * depthwise.stride);
  if (depthwise.source == depthwise.out) refuse("out", "the source", "another map");
  const int8_t* const weights = array<int8_t>("weights", {9, from.channels});
  const int32_t* const bias = array<int32_t>("bias", {from.channels});
  require_sums(weights, 9, from.channels, bias, from.channels);
  pack_depthwise(weights, bias, floats("scale", from.channels).data(), from.channels, *graph_.kernels,
                 &depthwise);
  graph_.steps.emplace_back(std::move(depthwise));
}

void GraphLoader::read_upsample(const Json& step) {
  const Upsample upsample{index(step, "source", graph_.maps), index(step, "out", graph_.maps)};
  const Map &from = map(upsample.source), &to = map(upsample.out);
  require_lanes("channels", from.channels);
  require_equal("channels of the output", to.channels, from.channels);
  require_equal("stride of the source", from.stride, 2ll * to.stride);
  require_equal("zero point of the output", to.zero, from.zero);
  graph_.steps.emplace_back(upsample);
}

void GraphLoader::read_mean(const Json& step) {
  const int32_t from = index(step, "source", graph_.maps);
  require_lanes("channels", map(from).channels);
  graph_.steps.emplace_back(Mean{from, sized_vector(step, map(from).channels), number(step, "scale")});
}

void GraphLoader::read_flatten(const Json& step) {
  graph_.steps.emplace_back(
      Flatten{index(step, "source", graph_.maps), index(step, "out", graph_.vectors), number(step, "scale")});
}

void GraphLoader::read_average_pool(const Json& step) {
  const int32_t cells = whole(step, "cells", 1, 64);
  graph_.steps.emplace_back(AveragePool{sized_vector(step, 3ll * cells * cells), cells});
}

void GraphLoader::read_soft_argmax(const Json& step) {
  const int32_t from = index(step, "source", graph_.float_maps);
  const int32_t points = whole(step, "points", 1, graph_.float_maps[static_cast<size_t>(from)].channels);
  graph_.steps.emplace_back(
      SoftArgmax{from, sized_vector(step, 2ll * points), points, number(step, "extent")});
}

void GraphLoader::read_dense(const Json& step) {
  Dense dense{};
  int64_t count = 0;
  const int64_t last = static_cast<int64_t>(graph_.vectors.size()) - 1;
  for (const Json& value : list(step, "inputs", kMostInputs)) {
    const int64_t input = json_integer(value, 0, last, label_ + ": inputs");
    dense.inputs.push_back(static_cast<int32_t>(input));
    count += graph_.vectors[static_cast<size_t>(input)];
  }
  const std::vector<int64_t> shape = weights_shape(2);
  if (shape[0] < kLanes || shape[0] > kMostChannels) {
    refuse("weights", std::to_string(shape[0]) + " outputs", "16 to 8192");
  }
  require_lanes("outputs", shape[0]);
  dense.outputs = static_cast<int32_t>(shape[0]);
  dense.count = static_cast<int32_t>(count);
  const int8_t* const weights = array<int8_t>("weights", {dense.outputs, count});
  dense.scale = floats("scale", dense.outputs);
  dense.bias = floats("bias", dense.outputs);
  dense.low = floats("low", dense.outputs);
  dense.high = floats("high", dense.outputs);
  dense.out = sized_vector(step, dense.outputs);
  pack_dense(weights, *graph_.kernels, &dense);
  graph_.steps.emplace_back(std::move(dense));
}

void GraphLoader::read_step(const Json& step) {
  const std::string& op = json_string(json_member(step, "op", label_), label_ + ": op");
  if (op == "conv") return read_conv(step);
  if (op == "depthwise") return read_depthwise(step);
  if (op == "upsample") return read_upsample(step);
  if (op == "mean") return read_mean(step);
  if (op == "flatten") return read_flatten(step);
  if (op == "thumbnail") return read_average_pool(step);
  if (op == "peaks") return read_soft_argmax(step);
  if (op == "dense") return read_dense(step);
  refuse("op", "'" + printable(op) + "'",
         "conv, depthwise, upsample, mean, flatten, thumbnail, peaks or dense");
}

void GraphLoader::read_output(const std::string& name, const Json& entry) {
  GraphOutput output{name, -1, {}, {}, 1};
  for (const Json& extent : list(entry, "shape", 4)) {
    output.shape.push_back(json_integer(extent, 0, kLargestVector, label_ + ": shape"));
  }
  if (entry.contains("vector")) {
    output.vector = index(entry, "vector", graph_.vectors);
    const int64_t most = graph_.vectors[static_cast<size_t>(output.vector)];
    for (const int64_t extent : output.shape) {
      output.size = std::min(output.size * extent, kLargestVector + 1);  // factors of at most 2^20
    }
    if (output.size < 1 || output.size > most) {
      refuse("shape", std::to_string(output.size) + " numbers", "1 to " + std::to_string(most));
    }
  } else {
    const int64_t last = static_cast<int64_t>(graph_.float_maps.size()) - 1;
    const bool picture = output.shape.size() == 3;
    if (!picture) require_equal("dimensions", static_cast<int64_t>(output.shape.size()), 2);
    output.size = output.shape.back();
    for (const Json& value : list(entry, "float_maps", kMostSources)) {
      output.float_maps.push_back(
          static_cast<int32_t>(json_integer(value, 0, last, label_ + ": float_maps")));
      const int64_t most = graph_.float_maps[static_cast<size_t>(output.float_maps.back())].channels;
      if (output.size < 1 || output.size > most) {
        refuse("shape", std::to_string(output.size) + " values", "1 to " + std::to_string(most));
      }
    }
    if (output.float_maps.empty()) refuse("float_maps", "none", "1 to 8");
    if (picture) {
      require_equal("float maps of a picture", static_cast<int64_t>(output.float_maps.size()), 1);
      const int64_t stride = graph_.float_maps[static_cast<size_t>(output.float_maps[0])].stride;
      require_equal("height", output.shape[0], graph_.side / stride);
      require_equal("width", output.shape[1], graph_.side / stride);
    }
  }
  graph_.outputs.push_back(std::move(output));
}

std::shared_ptr<const Graph> GraphLoader::load() {
  const auto text = file_.metadata().find("plan");
  if (text == file_.metadata().end()) refuse("the file", "no entry 'plan'", "a quantised graph");
  const char* const begin = text->second.data();
  const Json description = parse_json(begin, begin + text->second.size(), label_);
  for (const Json& entry : list(description, "maps", kMostEntries)) read_map(entry);
  if (graph_.maps.empty()) refuse("maps", "none", "a picture and what is made of it");
  for (const Json& entry : list(description, "float_maps", kMostEntries)) read_float_map(entry);
  for (const Json& entry : list(description, "vectors", kMostEntries)) {
    graph_.vectors.push_back(
        static_cast<int32_t>(json_integer(entry, 1, kLargestVector, label_ + ": vectors")));
  }
  graph_.side = whole(description, "side", 0, kLargestSide);
  for (const Json& step : list(description, "steps", kMostEntries)) {
    label_ = file_.name() + ": step " + std::to_string(graph_.steps.size());
    read_step(step);
  }
  label_ = file_.name();
  const Json& outputs = json_member(description, "outputs", label_);
  if (!outputs.is_object() || outputs.empty()) refuse("outputs", "none", "an object");
  for (const auto& [name, entry] : outputs.items()) {
    label_ = file_.name() + ": output '" + printable(name) + "'";
    read_output(name, entry);
  }
  const auto graph = std::make_shared<Graph>(std::move(graph_));
  for (Step& step : graph->steps) std::visit(MoveInto{&graph->arena}, step);
  return graph;
}

}  // namespace

std::shared_ptr<const Graph> load_graph(const Safetensors& file, const Kernels& kernels) {
  return GraphLoader(file, kernels).load();
}

}  // namespace facesdk
