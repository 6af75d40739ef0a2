// Morphable decode: mean + sum over k of coefficient_k * basis_k (paper 1, equations 1 to 4), then the
// sparse subdivision of the control mesh to the dense mesh.
#pragma once

#include <cstdint>

namespace facesdk {

struct BlendParams {
  const float* mean;      // (C, 3) mm, face frame (or albedo 0..1)
  const float* bases;     // (K, C, 3) mm per unit coefficient; null if bases_q is given
  const int8_t* bases_q;  // (K, C, 3) the same, quantised: the step of row k is folded into coeffs[k]
  const float* coeffs;    // (K,) coefficients; a row whose coefficient is 0 is not read
  int64_t rows;           // K
  int64_t size;           // C * 3 numbers per row
  float* out;             // (C, 3), same unit and frame as mean
  int threads;
};

struct SubdivideParams {
  const float* control;  // (C, 3) any unit
  const int32_t* ptr;    // (V + 1,) first entry of each dense vertex, rising from 0
  const int32_t* idx;    // (N,) control vertex, 0 <= idx < C
  const float* val;      // (N,) weight; the weights of one vertex add up to 1
  int64_t verts;         // V
  float* out;            // (V, 3) same unit as control
  int threads;
};

void blend_cpu(const BlendParams& p);
void subdivide_cpu(const SubdivideParams& p);

}  // namespace facesdk
