#include <algorithm>
#include <cstring>
#include <numeric>

#include "common/float4.h"
#include "common/simd_dispatch.h"
#include "common/thread_pool.h"
#include "common/workspace.h"
#include "ops/decode/subdivision_math.h"
#include "ops/decode/subdivision_runs.h"

namespace facesdk {
namespace {

struct Band {
  const SubdivisionRuns* rows;
  const float* control;  // (C, 4)
  float* out;            // (V, 3)
  int64_t begin, end;
};

struct PaddedPoints {
  const float* FACESDK_RESTRICT rows;  // (C, 4)
  FACESDK_HD Float4 operator()(int32_t c) const { return load4(rows + 4 * static_cast<int64_t>(c)); }
};

// Rows of a run whose counts the compiler knows.
template <int a, int b, int c>
FACESDK_HD void add_known(const PaddedPoints& control, const int32_t* FACESDK_RESTRICT idx,
                          const float* weights, int64_t count, float* FACESDK_RESTRICT out) {
  const Float4 first = splat(weights[0]), second = splat(weights[1]), third = splat(weights[2]);
  for (int64_t i = 0; i < count; ++i, idx += a + b + c) {
    store3(out + 3 * i, known_row<a, b, c>(control, idx, first, second, third));
  }
}

FACESDK_HD void add_any(const Band& p, int64_t begin, int64_t end) {
  for (int64_t v = begin; v < end; ++v) {
    const int32_t first = p.rows->ptr[static_cast<size_t>(v)], last = p.rows->ptr[static_cast<size_t>(v) + 1];
    store3(p.out + 3 * v, any_row(PaddedPoints{p.control}, p.rows->idx.data() + first,
                                  p.rows->val.data() + first, last - first));
  }
}

// Whether a run has these counts; if so, it is added.
template <int a, int b, int c>
FACESDK_HD bool add_if(const Band& p, const SubdivisionRun& run, int64_t begin, int64_t count) {
  if (run.counts[0] != a || run.counts[1] != b || run.counts[2] != c) return false;
  const int32_t* idx = p.rows->idx.data() + run.entry + (begin - run.row) * (a + b + c);
  add_known<a, b, c>(PaddedPoints{p.control}, idx, run.weights, count, p.out + 3 * begin);
  return true;
}

struct SubdivideRuns {
  static FACESDK_HD void run(const Band& p) {
    for (const SubdivisionRun& run : p.rows->runs) {
      const int64_t begin = std::max<int64_t>(p.begin, run.row);
      const int64_t count = std::min<int64_t>(p.end, run.row + run.rows) - begin;
      if (count <= 0) continue;
      const bool known = add_if<1, 0, 0>(p, run, begin, count) || add_if<4, 0, 0>(p, run, begin, count) ||
                         add_if<4, 2, 0>(p, run, begin, count) || add_if<4, 4, 1>(p, run, begin, count);
      if (!known) add_any(p, begin, begin + count);
    }
  }
};

// The weights of a row's entries, sorted; false where they are more than kMostWeights.
bool count_weights(const float* val, int32_t entries, SubdivisionRun& run) {
  int used = -1;
  for (int32_t n = 0; n < entries; ++n) {
    if (used < 0 || run.weights[used] != val[n]) {
      if (++used == kMostWeights) return false;
      run.weights[used] = val[n];
    }
    ++run.counts[used];
  }
  return true;
}

bool same_weights(const SubdivisionRun& a, const SubdivisionRun& b) {
  return std::memcmp(a.counts, b.counts, sizeof a.counts) == 0 &&
         std::memcmp(a.weights, b.weights, sizeof a.weights) == 0;
}

struct Buffers {
  std::vector<float> control;  // (C, 4)
};

}  // namespace

SubdivisionRuns find_subdivision_runs(const int32_t* ptr, const int32_t* idx, const float* val,
                                      int64_t verts) {
  SubdivisionRuns made;
  made.ptr.assign(ptr, ptr + verts + 1);
  made.idx.reserve(static_cast<size_t>(ptr[verts]));
  made.val.reserve(static_cast<size_t>(ptr[verts]));
  std::vector<int32_t> order;
  for (int64_t v = 0; v < verts; ++v) {
    order.resize(static_cast<size_t>(ptr[v + 1] - ptr[v]));
    std::iota(order.begin(), order.end(), ptr[v]);
    std::stable_sort(order.begin(), order.end(), [val](int32_t a, int32_t b) { return val[a] < val[b]; });
    const auto entry = static_cast<int32_t>(made.idx.size());
    for (const int32_t n : order) made.idx.push_back(idx[n]), made.val.push_back(val[n]);
    SubdivisionRun run{static_cast<int32_t>(v), 1, entry, {}, {}};
    if (!count_weights(made.val.data() + entry, ptr[v + 1] - ptr[v], run)) run = {run.row, 1, entry, {}, {}};
    if (!made.runs.empty() && same_weights(made.runs.back(), run)) {
      ++made.runs.back().rows;
    } else {
      made.runs.push_back(run);
    }
  }
  return made;
}

void subdivide_runs_cpu(const SubdivisionRuns& rows, const float* control, int64_t controls, float* out,
                        int threads, Workspace& workspace) {
  // Padded to four floats a vertex: then each is one load within a cache line, the last one too.
  float* padded = at_least(workspace.of<Buffers>().control, 4 * controls);
  const Rows3 from(control, controls);
  for (int64_t c = 0; c < controls; ++c) store4(padded + 4 * c, from[c]);
  const auto verts = static_cast<int64_t>(rows.ptr.size()) - 1;
  parallel_bands(verts, threads, [&](int64_t begin, int64_t end) {
    vectorized<SubdivideRuns>(Band{&rows, padded, out, begin, end});
  });
}

}  // namespace facesdk
