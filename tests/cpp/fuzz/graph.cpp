// Quantised graphs: a small one with one step of every kind.
#include "common/error.h"
#include "fuzz/assets.h"
#include "nn/int8_network.h"
#include "nn/kernels.h"

namespace facesdk::fuzz {
namespace {

constexpr int32_t kSide = 8;           // px, of the picture that a loaded graph is run on
constexpr int32_t kMostChannels = 64;  // of a graph that is run

void add_conv(File* file, const std::string& step, int taps, int inputs) {
  const size_t count = 16 * static_cast<size_t>(taps) * static_cast<size_t>(inputs);
  file->add(step + ".weights", "I8", {16, taps, inputs}, repeated<int8_t>(3, count));
  file->add(step + ".bias", "I32", Json::array({16}), repeated<int32_t>(-40, 16));
  file->add(step + ".scale", "F32", Json::array({16}), repeated<float>(0.01f, 16));
}

// A graph with one step of every kind.
File sound_file() {
  File file;
  file.documents["plan"] = Json::parse(R"({
    "maps": [{"stride": 1, "channels": 4, "halo": 1, "zero": 128}, {"stride": 1, "channels": 16, "halo": 1, "zero": 7},
             {"stride": 1, "channels": 16, "halo": 1, "zero": 7}, {"stride": 2, "channels": 16, "halo": 0, "zero": 0},
             {"stride": 1, "channels": 16, "halo": 0, "zero": 0}],
    "float_maps": [{"stride": 1, "channels": 16}], "vectors": [10, 16, 12, 16, 1024], "side": 8,
    "outputs": {"x": {"vector": 3, "shape": [15]}, "points": {"vector": 0, "shape": [5, 2]},
                "cells": {"float_maps": [0], "shape": [0, 15]}, "picture": {"float_maps": [0], "shape": [8, 8, 3]}},
    "steps": [
      {"op": "conv", "sources": [[0, false]], "stride": 1, "dilation": 1, "pad": 1, "to_float": false, "join": "none",
       "other": [0, false], "other_scale": 0.0, "gate_zero": 0, "out": 1},
      {"op": "conv", "sources": [[1, false]], "stride": 1, "dilation": 1, "pad": 0, "to_float": false, "join": "gate",
       "other": [1, false], "other_scale": 1.0, "gate_zero": 9, "out": 2},
      {"op": "depthwise", "source": 2, "stride": 2, "out": 3},
      {"op": "conv", "sources": [[3, true], [1, false]], "stride": 1, "dilation": 1, "pad": 0, "to_float": true,
       "join": "none", "other": [0, false], "other_scale": 0.0, "gate_zero": 0, "out": 0},
      {"op": "peaks", "source": 0, "points": 5, "extent": 1.1, "out": 0},
      {"op": "mean", "source": 1, "scale": 0.5, "out": 1},
      {"op": "thumbnail", "cells": 2, "out": 2},
      {"op": "flatten", "source": 1, "scale": 0.5, "out": 4},
      {"op": "dense", "inputs": [0, 1, 2], "out": 3},
      {"op": "upsample", "source": 3, "out": 4}]})");
  add_conv(&file, "0", 9, 4);
  add_conv(&file, "1", 1, 16);
  file.add("1.gate", "F32", Json::array({256}), repeated<float>(0.5f, 256));
  file.add("2.weights", "I8", {9, 16}, repeated<int8_t>(-2, 144));
  file.add("2.bias", "I32", Json::array({16}), repeated<int32_t>(400, 16));
  file.add("2.scale", "F32", Json::array({16}), repeated<float>(0.1f, 16));
  add_conv(&file, "3", 1, 32);
  file.add("8.weights", "I8", {16, 38}, repeated<int8_t>(5, 16 * 38));
  for (const char* part : {"8.scale", "8.bias", "8.low", "8.high"}) {
    file.add(part, "F32", Json::array({16}), repeated<float>(0.25f, 16));
  }
  return file;
}

bool is_small(const Graph& graph) {
  for (const Map& map : graph.maps) {
    if (map.channels > kMostChannels) return false;
  }
  return true;
}

}  // namespace

File sound_graph() { return sound_file(); }

void use_graph(const std::shared_ptr<const Safetensors>& file) {
  const char* const families[] = {"reference", best_kernels()->name};
  const auto network = load_int8_network(file, families[random_below(2)]);
  if (!is_small(network->graph())) return;
  try {
    network->prepare(kSide, kSide)->run(1);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument) throw;  // of prepare: a size it cannot take
  }
}

}  // namespace facesdk::fuzz
