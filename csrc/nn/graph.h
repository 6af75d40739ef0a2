// A small quantised network as a list of steps over maps of bytes (paper 1, section 3, in eight bits).
//
// A map is u8, NHWC, with a halo of its zero point on every side, so that no step looks at a border; its
// value is scale * (byte - zero). Products are summed in int32, exactly; what follows is float32 in a fixed
// order and rounds to the nearest even number. So every build gives the same bits. Shapes are fixed by `Run`,
// weights are packed once by `Plan`: a run allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace facesdk {

constexpr int kLanes = 16;      // outputs that are worked on together
constexpr int kBlockLanes = 4;  // at most so many times kLanes outputs in a block of packed weights

struct Map {
  int32_t stride;    // the picture's side over the map's
  int32_t channels;  // bytes per pixel: 4 for the picture (RGB and one unused), else a multiple of 16
  int32_t halo;      // px on every side
  uint8_t zero;
};

struct FloatMap {
  int32_t stride;
  int32_t channels;  // multiple of 16
};

struct Source {
  int32_t map;
  bool doubled;  // read at half the resolution: nearest neighbour upsampling
};

enum class Join { kNone, kAdd, kGate };

// out = join(scale * (bias + weights . sources), other), rounded and held in 0..255; ReLU is a zero point of
// 0.
struct Conv {
  std::vector<Source> sources;  // joined along the channels
  int32_t kernel, stride, dilation, pad;
  int32_t outputs;              // multiple of 16
  std::vector<int8_t> weights;  // packed
  std::vector<int32_t> bias;    // (outputs,); the sources' zero points are taken off already
  std::vector<float> scale;     // (outputs,)
  int32_t out;                  // a map, or a float map where to_float
  bool to_float;
  Join join;
  Source other;             // of kAdd and kGate: the channels of the output
  float other_scale;        // kAdd: scale of `other` over the output's
  uint8_t gate_zero;        // kGate: the convolution's own zero point
  std::vector<float> gate;  // kGate: (256,) factor on `other` by the convolution's byte
};

// 3x3 depthwise convolution with a padding of 1.
struct Depthwise {
  int32_t source, stride, out;
  std::vector<int8_t> weights;  // packed
  std::vector<int32_t> bias;    // packed
  std::vector<float> scale;     // packed
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
struct Thumbnail {
  int32_t out, cells;
};

// Soft-argmax: the mean position of each channel under the softmax of its map.
struct Peaks {
  int32_t source, out, points;
  float extent;  // of the grid of cell centres round the middle, in sides
};

// out = act(scale * (weights . inputs) + bias) with act = max(low, min(high, .)).
struct Dense {
  std::vector<int32_t> inputs;                // vectors, joined
  int32_t out, outputs;                       // outputs: multiple of 16
  std::vector<int8_t> weights;                // packed, [outputs / 64][inputs][up to 64]
  std::vector<float> scale, bias, low, high;  // (outputs,)
};

using Step = std::variant<Conv, Depthwise, Mean, Flatten, Thumbnail, Peaks, Dense>;

// Weights and their order; made once, shared by the runs.
struct Plan {
  std::vector<Map> maps;  // the first is the picture
  std::vector<FloatMap> float_maps;
  std::vector<int32_t> vectors;  // sizes
  std::vector<Step> steps;
};

// Weights (outputs, taps, inputs) in the order in which the steps read them.
std::vector<int8_t> pack_conv(const int8_t* weights, int32_t outputs, int32_t taps,
                              const std::vector<int32_t>& source_channels);
// Weights (9, channels), biases and scales (channels,) in the order of `Depthwise`.
void pack_depthwise(const int8_t* weights, const int32_t* bias, const float* scale, int32_t channels,
                    Depthwise* out);
// Weights (outputs, inputs) in the order of `Dense`.
std::vector<int8_t> pack_dense(const int8_t* weights, int32_t outputs, int32_t inputs);

// Where a convolution reads and writes, per output pixel; worked out when the size is known.
struct Places {
  std::vector<std::vector<int32_t>> source;  // byte offset of the first tap, by source and pixel
  std::vector<std::vector<int32_t>> tap;     // byte offset of a tap, by source and tap
  std::vector<int32_t> other, out;
  int32_t pixels = 0;
};

// The maps of one picture size; one per thread that runs.
class Run {
 public:
  Run(std::shared_ptr<const Plan> plan, int32_t height, int32_t width);

  // Pixel (0, 0) of the picture to be filled, 4 bytes a pixel, and the bytes from row to row.
  uint8_t* picture();
  int64_t picture_row() const;
  int32_t height() const { return height_; }
  int32_t width() const { return width_; }

  void run();

  // The picture in gray, (height, width) in 0..1.
  void gray(float* out) const;

  const Plan& plan() const { return *plan_; }
  const std::vector<float>& vector(int32_t index) const { return vectors_[static_cast<size_t>(index)]; }
  const std::vector<float>& float_map(int32_t index) const { return floats_[static_cast<size_t>(index)]; }

 private:
  struct Area {
    std::vector<uint8_t> bytes;
    int32_t height, width, row;  // row: bytes
    int64_t first;               // byte of pixel (0, 0)
  };
  int32_t offset(int32_t map, int32_t y, int32_t x) const;
  void place(const Conv& conv, Places* places) const;
  void step(const Conv& conv, const Places& places);
  void step(const Depthwise& depthwise);
  void step(const Mean& mean);
  void step(const Flatten& flatten);
  void step(const Thumbnail& thumbnail);
  void step(const Peaks& peaks);
  void step(const Dense& dense);

  std::shared_ptr<const Plan> plan_;
  int32_t height_, width_;
  std::vector<Area> areas_;
  std::vector<std::vector<float>> floats_, vectors_;
  std::vector<Places> places_;  // by step, empty where it is no convolution
  std::vector<float> joined_;   // the inputs of a dense step
};

// One convolution's arrays, as the kernels take them.
struct ConvCall {
  const Conv* conv;
  const Places* places;
  const uint8_t* const* sources;
  const int32_t* channels;  // of each source
  const uint8_t* other;
  uint8_t other_zero;
  uint8_t* out;
  uint8_t out_zero;
  float* out_float;
};

struct DepthwiseCall {
  const Depthwise* depthwise;
  const uint8_t* source;                        // the tap up and left of pixel (0, 0)
  int32_t source_row, channels, height, width;  // of the output; source_row in bytes
  uint8_t* out;
  int32_t out_row;
  uint8_t out_zero;
};

void conv_plain(const ConvCall& call);
void depthwise_plain(const DepthwiseCall& call);
void dense_plain(const Dense& dense, const float* inputs, int32_t count, float* out);

// With AVX-512 VNNI; only where has_vnni().
bool has_vnni();
void conv_vnni(const ConvCall& call);
void depthwise_vnni(const DepthwiseCall& call);
void dense_vnni(const Dense& dense, const float* inputs, int32_t count, float* out);

// Which kernels the runs use: the plain ones on request, for tests.
void use_plain_network(bool plain);
bool uses_plain_network();

}  // namespace facesdk
