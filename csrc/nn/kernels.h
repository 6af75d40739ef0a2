// The kernel families: one set of functions per instruction set, all with the same bits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/cpu_features.h"
#include "nn/aligned.h"
#include "nn/graph.h"

namespace facesdk {

// A run of bytes of a source that one output pixel reads: taps that lie side by side make one run.
struct TapRun {
  int32_t offset, bytes;  // from the pixel's first tap; a multiple of 4
};

// The im2col offsets of one source: byte of the first tap by output pixel, and the runs from there.
struct SourceOffsets {
  const uint8_t* bytes;
  AlignedVector<int32_t> pixel;
  std::vector<TapRun> runs;
};

// One convolution's arrays, made when an executor is.
struct ConvCall {
  const Conv* conv;
  int32_t pixels;  // of the output
  std::vector<SourceOffsets> sources;
  AlignedVector<int32_t> out_pixel;    // byte, or number of a float map
  const uint8_t* other = nullptr;      // of the epilogue
  AlignedVector<int32_t> other_pixel;  // byte
  uint8_t other_zero = 0;
  uint8_t* out = nullptr;
  uint8_t out_zero = 0;
  float* out_float = nullptr;
};

struct DepthwiseCall {
  const Depthwise* depthwise;
  const uint8_t* source;                        // the tap up and left of pixel (0, 0)
  int32_t source_row, channels, height, width;  // of the output; source_row in bytes
  uint8_t* out;
  int32_t out_row;
  uint8_t out_zero;
};

enum class DepthwiseLayout {
  kTaps,   // int8 (9, C)
  kPairs,  // int16 (C / 8, 5, 8, 2): two taps side by side, the tenth is 0
  kQuads   // int8, four taps side by side in the order in which 64 bytes are interleaved
};

struct Kernels {
  const char* name;
  VectorLevel level;  // what the CPU must have
  int32_t blocks[3];  // outputs that are computed together, largest first, down to kLanes
  // Activations enter the products less 128, so that they are signed: 128 times the sum of the weights goes
  // into the packed bias.
  bool signed_activations;
  DepthwiseLayout depthwise_layout;

  void (*conv)(const ConvCall& call);
  void (*depthwise)(const DepthwiseCall& call);
  void (*dense)(const Dense& dense, const float* inputs, float* out);
};

// nullptr where the family is not for this architecture.
const Kernels* reference_kernels();
const Kernels* avx2_kernels();
const Kernels* avx_vnni_kernels();
const Kernels* avx512_vnni_kernels();
const Kernels* neon_kernels();
const Kernels* neon_dotprod_kernels();

// The fastest family of this CPU under FACESDK_VECTOR_LEVEL.
const Kernels* best_kernels();

// By name; the reference where this CPU cannot run that family. nullptr for an unknown name.
const Kernels* kernels_by_name(const std::string& name);

}  // namespace facesdk
