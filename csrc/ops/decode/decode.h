// Morphable decode: mean + sum over k of coefficient_k * basis_k (paper 1, equations 1 to 4), then the
// sparse subdivision of the control mesh to the dense mesh.
#pragma once

#include <cstdint>

#include "common/workspace.h"

namespace facesdk {

struct BlendParams {
  const float* mean;      // (C, 3) mm, face frame (or albedo 0..1)
  const float* bases;     // (K, C, 3) mm per unit coefficient; null if bases_q is given
  const int8_t* bases_q;  // (K, C, 3) the same, quantised: the step of row k is folded into coeffs[k], which
                          // are rounded to 1/65024 of the largest; the sum is then exact
  const float* coeffs;    // (K,) coefficients; a row whose coefficient is 0 is not read
  int64_t rows;           // K
  int64_t size;           // C * 3 numbers per row
  float* out;             // (C, 3), same unit and frame as mean
  int threads;
};

// Local shapes, as expressions are: only the blocks that a shape moves are stored, each with its own step,
// and a second time for the remainder where one byte would be too coarse (shape_blocks.h).
constexpr int64_t kShapeBlock = 256;  // numbers in a block; the last block of a mesh is padded with zeros

// Entries of a block in quads of int8 and octets of int4.
struct ShapeBlock {
  int64_t values;       // where its bytes begin
  int32_t entry;        // its first entry: 4 per quad, then 8 per octet, each padded to a multiple of 16
  int32_t int8_quads;   // 512 bytes per half block each: (128 numbers, 4 entries) of -127..127
  int32_t int4_octets;  // 512 bytes per half block each: (128, 4) pairs of -7..7 + 8, entries 4..7 in the
                        // high bits
};

struct ShapesParams {
  const float* base;         // (C, 3) mm, face frame
  const ShapeBlock* blocks;  // (B,) one for each block of the mesh; B = ceil(3 C / 256)
  const int32_t* row;        // (E,) shape of each entry, 0 <= row < K
  const float* step;         // (E,) mm per unit of `values`; 0 for an entry that only fills up
  const int8_t* values;      // of each block the first half of its quads and octets, then the second
  const float* coeffs;       // (K,) coefficients; a quad of shapes whose coefficients are 0 is not read
  int64_t size;              // C * 3
  float* out;                // (C, 3), same unit and frame as base
  int threads;
};

struct SubdivideParams {
  const float* control;  // (C, 3) any unit
  int64_t controls;      // C
  const int32_t* ptr;    // (V + 1,) first entry of each dense vertex, rising from 0
  const int32_t* idx;    // (N,) control vertex, 0 <= idx < C
  const float* val;      // (N,) weight; the weights of one vertex add up to 1
  int64_t verts;         // V
  float* out;            // (V, 3) same unit as control
  int threads;
};

void blend_cpu(const BlendParams& p);
void add_shapes_cpu(const ShapesParams& p);
void subdivide_cpu(const SubdivideParams& p, Workspace& workspace);

}  // namespace facesdk
