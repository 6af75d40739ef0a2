// Weights in the order in which the kernels of one family read them; done once, when a graph is loaded.
#pragma once

#include <cstdint>
#include <vector>

#include "nn/kernels.h"

namespace facesdk {

// weights (outputs, taps, inputs) with the inputs of all sources concatenated, bias (outputs,). Packed by
// blocks of outputs; within a block source by source, tap by tap, four inputs of every output together.
void pack_conv(const int8_t* weights, const int32_t* bias, int32_t taps,
               const std::vector<int32_t>& source_channels, const Kernels& kernels, Conv* conv);

// weights (9, channels), bias and scale (channels,).
void pack_depthwise(const int8_t* weights, const int32_t* bias, const float* scale, int32_t channels,
                    const Kernels& kernels, Depthwise* depthwise);

// weights (outputs, count). Packed by blocks of outputs, within a block input by input.
void pack_dense(const int8_t* weights, const Kernels& kernels, Dense* dense);

// The largest block of outputs that fits what is left.
inline int32_t next_block(const Kernels& kernels, int32_t left) {
  for (const int32_t block : kernels.blocks) {
    if (block <= left) return block;
  }
  return left;
}

}  // namespace facesdk
