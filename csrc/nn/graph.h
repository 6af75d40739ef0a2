// A small quantised network as a list of steps over maps of bytes (paper 1, section 3, in eight bits).
//
// A map is u8, NHWC, padded with its zero point on every side, so that no step tests for a border; its value
// is scale * (byte - zero). Products are summed in int32, exactly; what follows is float32 in a fixed order
// and rounds to the nearest even number. So every build and every kernel family gives the same bits.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "nn/aligned.h"

namespace facesdk {

struct Kernels;

constexpr int32_t kLanes = 16;  // channels are multiples of it

struct Map {
  int32_t stride;    // the picture's side over the map's
  int32_t channels;  // bytes per pixel: 4 for the picture (RGB and one unused), else a multiple of kLanes
  int32_t padding;   // px on every side
  uint8_t zero;
};

struct FloatMap {
  int32_t stride;
  int32_t channels;  // multiple of kLanes
};

struct Source {
  int32_t map;
  bool upsample2x;  // nearest neighbour
};

// What follows the sum of a convolution, in the same step.
enum class Epilogue { kNone, kAdd, kGate };

// out = epilogue(scale * (bias + weights . sources), other), rounded and held in 0..255; ReLU is a zero point
// of 0.
struct Conv {
  std::vector<Source> sources;  // concatenated along the channels
  int32_t kernel, stride, dilation, pad;
  int32_t outputs;                // multiple of kLanes
  AlignedVector<int8_t> weights;  // packed for the kernels
  AlignedVector<int32_t> bias;    // (outputs,) packed; the sources' zero points are taken off already
  AlignedVector<float> scale;     // (outputs,)
  int32_t out;                    // a map, or a float map where to_float
  bool to_float;
  Epilogue epilogue;
  Source other;               // of kAdd and kGate: the channels of the output
  float other_scale;          // kAdd: scale of `other` over the output's
  uint8_t gate_zero;          // kGate: the convolution's own zero point
  AlignedVector<float> gate;  // kGate: (256,) factor on `other` by the convolution's byte
};

// 3x3 depthwise convolution with a padding of 1.
struct Depthwise {
  int32_t source, stride, out;
  AlignedVector<int8_t> weights;  // these three packed for the kernels
  AlignedVector<int32_t> bias;
  AlignedVector<float> scale;
};

// A map at twice its size, nearest neighbour: for a depthwise convolution, which reads one map as it is.
struct Upsample {
  int32_t source, out;
};

// Mean of each channel over a map, times scale, zero point taken off.
struct Mean {
  int32_t source, out;
  float scale;
};

// The values of a map as numbers, pixel by pixel.
struct Flatten {
  int32_t source, out;
  float scale;
};

// Mean colours in 0..1 of cells x cells parts of the picture, part by part.
struct AveragePool {
  int32_t out, cells;
};

// Soft-argmax: the mean position of each channel under the softmax of its map.
struct SoftArgmax {
  int32_t source, out, points;
  float extent;  // of the grid of cell centres round the middle, in sides
};

// out = max(low, min(high, scale * (weights . inputs) + bias)).
struct Dense {
  std::vector<int32_t> inputs;                  // vectors, concatenated
  int32_t count, outputs, out;                  // count: of the inputs; outputs: multiple of kLanes
  AlignedVector<int8_t> weights;                // packed for the kernels
  AlignedVector<float> scale, bias, low, high;  // (outputs,)
};

using Step = std::variant<Conv, Depthwise, Upsample, Mean, Flatten, AveragePool, SoftArgmax, Dense>;

// What a network gives by name: the first `size` numbers of a vector, or the first `size` channels of every
// pixel of float maps, one map after the other.
struct GraphOutput {
  std::string name;
  int32_t vector;  // -1 where it is made of float maps
  std::vector<int32_t> float_maps;
  // As the graph's author sees it; of float maps (0, values), or (height, width, values) of one.
  std::vector<int64_t> shape;
  int64_t size;
};

// Steps with their weights, packed once for one kernel family; immutable, shared by executors.
struct Graph {
  Arena arena;  // of the steps' arrays
  const Kernels* kernels;
  std::vector<Map> maps;  // the first is the picture
  std::vector<FloatMap> float_maps;
  std::vector<int32_t> vectors;  // sizes
  std::vector<Step> steps;
  std::vector<GraphOutput> outputs;
  int32_t side;  // of the picture; 0 where it is free
};

}  // namespace facesdk
