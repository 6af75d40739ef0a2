// Mutated quantised graphs and safetensors files through the loaders: each must load or give Error(kAsset)
// with one line; what loads is run. Built with sanitizers by fuzz.sh. Usage: fuzz_assets [mutations [seed]]
//
// Half of the mutations change the JSON of the header or of the description value by value, since random
// bytes rarely get past it; the rest flip, cut or insert bytes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "assets/json.h"
#include "assets/safetensors.h"
#include "common/error.h"
#include "nn/int8_network.h"
#include "nn/kernels.h"

namespace {

using facesdk::Json;

constexpr int32_t kSide = 8;           // px, of the picture that a loaded graph is run on
constexpr int32_t kMostMutations = 4;  // of one file
constexpr int32_t kMostChannels = 64;  // of a graph that is run

uint64_t random_state = 1;

uint32_t random_below(uint32_t limit) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<uint32_t>((random_state >> 33) % limit);
}

struct File {
  Json header;
  std::string arrays;

  void add(const std::string& key, const char* dtype, const Json& shape, const std::string& bytes) {
    header[key] = {
        {"dtype", dtype}, {"shape", shape}, {"data_offsets", {arrays.size(), arrays.size() + bytes.size()}}};
    arrays += bytes;
  }
  std::string bytes(const std::string& text) const {
    uint64_t length = text.size();
    std::string out(sizeof length, '\0');
    std::memcpy(out.data(), &length, sizeof length);
    return out + text + arrays;
  }
};

template <typename T>
std::string repeated(T value, size_t count) {
  const std::vector<T> values(count, value);
  return {reinterpret_cast<const char*>(values.data()), count * sizeof(T)};
}

void add_conv(File* file, const std::string& step, int taps, int inputs) {
  const size_t count = 16 * static_cast<size_t>(taps) * static_cast<size_t>(inputs);
  file->add(step + ".weights", "I8", {16, taps, inputs}, repeated<int8_t>(3, count));
  file->add(step + ".bias", "I32", Json::array({16}), repeated<int32_t>(-40, 16));
  file->add(step + ".scale", "F32", Json::array({16}), repeated<float>(0.01f, 16));
}

// A graph with one step of every kind.
File sound_file(Json* description) {
  *description = Json::parse(R"({
    "maps": [{"stride": 1, "channels": 4, "halo": 1, "zero": 128}, {"stride": 1, "channels": 16, "halo": 1, "zero": 7},
             {"stride": 1, "channels": 16, "halo": 1, "zero": 7}, {"stride": 2, "channels": 16, "halo": 0, "zero": 0}],
    "float_maps": [{"stride": 1, "channels": 16}], "vectors": [10, 16, 12, 16, 1024], "side": 8,
    "outputs": {"x": {"vector": 3, "shape": [15]}, "points": {"vector": 0, "shape": [5, 2]},
                "cells": {"float_maps": [0], "shape": [0, 15]}},
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
      {"op": "dense", "inputs": [0, 1, 2], "out": 3}]})");
  File file;
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

Json* random_value(Json* value) {
  while ((value->is_object() || value->is_array()) && !value->empty() && random_below(8) != 0) {
    auto at = value->begin();
    std::advance(at, random_below(static_cast<uint32_t>(value->size())));
    value = &*at;
  }
  return value;
}

Json random_replacement() {
  static const Json kValues[] = {0,
                                 1,
                                 2,
                                 3,
                                 4,
                                 8,
                                 15,
                                 16,
                                 17,
                                 32,
                                 48,
                                 64,
                                 127,
                                 128,
                                 255,
                                 256,
                                 1024,
                                 4096,
                                 8192,
                                 8193,
                                 1 << 20,
                                 1 << 30,
                                 2147483647,
                                 2147483648u,
                                 -1,
                                 -128,
                                 INT64_MIN,
                                 INT64_MAX,
                                 UINT64_MAX,
                                 0.5,
                                 -1e300,
                                 1e39,
                                 true,
                                 false,
                                 nullptr,
                                 "",
                                 "conv",
                                 "gate",
                                 "I8",
                                 "F32",
                                 "I32",
                                 "dense",
                                 Json::array(),
                                 Json::object(),
                                 Json::array({0, true})};
  return kValues[random_below(sizeof kValues / sizeof *kValues)];
}

void mutate_json(Json* root) {
  Json* const value = random_value(root);
  switch (random_below(5)) {
    case 0:  // a nearby number
      if (value->is_number_integer()) {
        *value = static_cast<int64_t>(value->get<uint64_t>() + random_below(33) - 16);  // may wrap
        return;
      }
      break;
    case 1:  // one entry less
      if (!value->empty() && (value->is_object() || value->is_array())) {
        auto at = value->begin();
        std::advance(at, random_below(static_cast<uint32_t>(value->size())));
        value->erase(at);
        return;
      }
      break;
    case 2:  // one entry more
      if (value->is_array()) {
        value->push_back(value->empty() ? random_replacement() : Json((*value)[0]));
        return;
      }
      break;
    case 3: {  // a value from elsewhere
      const Json other = *random_value(root);
      *value = other;
      return;
    }
    default:
      break;
  }
  *value = random_replacement();
}

void mutate_bytes(std::string* bytes) {
  if (bytes->empty()) return;
  const uint32_t at = random_below(static_cast<uint32_t>(bytes->size()));
  switch (random_below(4)) {
    case 0:
      bytes->resize(at);
      break;
    case 1:
      bytes->insert(at, 1 + random_below(9), static_cast<char>(random_below(256)));
      break;
    case 2:
      (*bytes)[at] = static_cast<char>(random_below(256));
      break;
    default:
      (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << random_below(8)));
      break;
  }
}

std::string mutated_file() {
  static Json description;
  static const File sound = sound_file(&description);
  File file = sound;
  Json plan = description;
  const uint32_t kind = random_below(8), count = 1 + random_below(kMostMutations);
  for (uint32_t i = 0; i < count && kind < 4; ++i) mutate_json(kind < 3 ? &plan : &file.header);
  if (file.header.is_object()) file.header["__metadata__"] = {{"plan", plan.dump()}, {"facesdk", "{}"}};
  std::string text = file.header.dump();
  for (uint32_t i = 0; i < count && kind == 4; ++i) mutate_bytes(&text);
  for (uint32_t i = 0; i < count && kind == 5; ++i) mutate_bytes(&file.arrays);
  std::string bytes = file.bytes(text);
  for (uint32_t i = 0; i < count && kind > 5; ++i) mutate_bytes(&bytes);
  return bytes;
}

bool is_small(const facesdk::Graph& graph) {
  for (const facesdk::Map& map : graph.maps) {
    if (map.channels > kMostChannels) return false;
  }
  return true;
}

// Whether the file loads. Its address is odd half of the time, so that arrays must be copied to be aligned.
bool load_and_run(const std::string& bytes, const char* family) {
  const std::string shifted = (random_below(2) == 0 ? "" : "x") + bytes;
  const size_t shift = shifted.size() - bytes.size();
  try {
    const auto file = facesdk::Safetensors::from_memory(
        reinterpret_cast<const uint8_t*>(shifted.data()) + shift, static_cast<int64_t>(bytes.size()), "fuzz");
    const auto network = facesdk::load_int8_network(file, family);
    if (!is_small(network->graph())) return true;
    try {
      const auto run = network->prepare(kSide, kSide);
      run->run(1);
    } catch (const facesdk::Error& error) {
      if (error.code() != facesdk::ErrorCode::kInvalidArgument) throw;  // of prepare: a size it cannot take
    }
    return true;
  } catch (const facesdk::Error& error) {
    const std::string message = error.what();
    if (message.find('\n') != std::string::npos || message.rfind("fuzz: ", 0) != 0 || message.size() > 400) {
      std::printf("NOT KEPT: one line that names the file: %s\n", message.c_str());
      std::exit(1);
    }
    return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const long long mutations = argc > 1 ? std::atoll(argv[1]) : 2000;
  random_state = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const char* const families[] = {"reference", facesdk::best_kernels()->name};
  long long loaded = 0;
  for (long long i = 0; i < mutations; ++i) {
    loaded += load_and_run(mutated_file(), families[i % 2]);
    if ((i + 1) % 50000 == 0)
      std::printf("%lld mutations, %lld loaded\n", i + 1, loaded), std::fflush(stdout);
  }
  std::printf("%lld mutations: %lld loaded and run, %lld refused, no crash\n", mutations, loaded,
              mutations - loaded);
  // Both must happen often, or the mutations test nothing.
  return loaded > mutations / 50 && mutations - loaded > mutations / 50 ? 0 : 1;
}
