// A subdivision matrix whose rows have few different sets of weights, as those of Catmull and Clark do (the
// mean of a face, of an edge and its faces, of a vertex and its neighbours): rows that follow each other with
// the same weights keep them once, and numbers of equal weight are added before they are multiplied.
#pragma once

#include <cstdint>
#include <vector>

namespace facesdk {

constexpr int kMostWeights = 3;  // different ones in a row of a run

struct RowRun {
  int32_t row, rows;             // dense vertices row .. row + rows - 1
  int32_t entry;                 // their first entry in RowRuns::idx
  int32_t counts[kMostWeights];  // entries of each weight, one weight after the other; all 0: as in val
  float weights[kMostWeights];
};

struct RowRuns {
  std::vector<RowRun> runs;
  std::vector<int32_t> ptr, idx;  // (V + 1,), (N,) as given, each row's entries in the order of their weights
  std::vector<float> val;         // (N,)
};

// Sparse rows as in SubdivideParams, copied.
RowRuns arrange_rows(const int32_t* ptr, const int32_t* idx, const float* val, int64_t verts);

// control (C, 3), every idx below C -> out (V, 3).
void subdivide_runs_cpu(const RowRuns& rows, const float* control, int64_t controls, float* out, int threads);

}  // namespace facesdk
