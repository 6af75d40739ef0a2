// A Catmull-Clark subdivision matrix has few different rows of weights (face, edge and vertex points):
// consecutive rows with the same weights form a run that stores them once, and values of equal weight are
// added before they are multiplied.
#pragma once

#include <cstdint>
#include <vector>

#include "common/streamed.h"
#include "common/workspace.h"

namespace facesdk {

constexpr int kMostWeights = 3;  // different ones in a row of a run

struct SubdivisionRun {
  int32_t row, rows;             // dense vertices row .. row + rows - 1
  int32_t entry;                 // their first entry in SubdivisionRuns::idx
  int32_t counts[kMostWeights];  // entries of each weight, one weight after the other; all 0: as in val
  float weights[kMostWeights];
};

struct SubdivisionRuns {
  std::vector<SubdivisionRun> runs;
  std::vector<int32_t> ptr;  // (V + 1,) as given
  Streamed<int32_t> idx;     // (N,) as given, each row's entries in the order of their weights
  std::vector<float> val;    // (N,)
};

// Sparse rows as in SubdivideParams, copied.
SubdivisionRuns find_subdivision_runs(const int32_t* ptr, const int32_t* idx, const float* val,
                                      int64_t verts);

// control (C, 3), every idx below C -> out (V, 3).
void subdivide_runs_cpu(const SubdivisionRuns& rows, const float* control, int64_t controls, float* out,
                        int threads, Workspace& workspace);

}  // namespace facesdk
