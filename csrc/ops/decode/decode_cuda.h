// The decode of many faces on the device, to the bit as on the CPU. All pointers are to device memory; what
// belongs to a face leads with F. Nothing is allocated and nothing waited for; `threads` of the parameters is
// not used.
#pragma once

#include <cuda_runtime_api.h>

#include "ops/decode/decode.h"
#include "ops/decode/subdivision_runs.h"

namespace facesdk {

// coeffs (F, K), out (F, C, 3); mean is shared, unless it is `out`: then what is there is added to.
cudaError_t blend_cuda(const BlendParams& p, int64_t faces, cudaStream_t stream);

// base (F, C, 3), coeffs (F, num_coeffs), out (F, C, 3).
cudaError_t add_shapes_cuda(const ShapesParams& p, int64_t num_coeffs, int64_t faces, cudaStream_t stream);

// SubdivisionRuns on the device, and the meshes.
struct SubdivideRunsParams {
  const SubdivisionRun* runs;  // (R,)
  const int32_t* ptr;          // (V + 1,)
  const int32_t* idx;          // (N,)
  const float* val;            // (N,)
  int64_t num_runs;            // R
  int64_t controls;            // C
  int64_t verts;               // V
  const float* control;        // (F, C, 3)
  float* out;                  // (F, V, 3)
};

cudaError_t subdivide_runs_cuda(const SubdivideRunsParams& p, int64_t faces, cudaStream_t stream);

}  // namespace facesdk
