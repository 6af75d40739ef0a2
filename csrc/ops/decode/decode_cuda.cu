#include "cuda/launch.h"
#include "ops/decode/decode_cuda.h"
#include "ops/decode/decode_math.h"
#include "ops/decode/subdivision_math.h"

namespace facesdk {
namespace {

constexpr int kHalf = static_cast<int>(kShapeBlock) / 2;

__global__ void blend_floats(BlendParams p) {
  const int64_t i = thread_number(), face = face_number();
  if (i >= p.size) return;
  float* out = p.out + face * p.size + i;
  const float* coeffs = p.coeffs + face * p.rows;
  float sum = p.mean == p.out ? *out : p.mean[i];
  for (int64_t k = 0; k < p.rows; ++k) {
    if (coeffs[k] != 0.0f) sum = blend_step(sum, coeffs[k], p.bases[k * p.size + i]);
  }
  *out = sum;
}

// Each block rounds the weights of its face for itself: they are few.
__global__ void blend_bytes(BlendParams p) {
  __shared__ int32_t weights[kMostRows];
  __shared__ int32_t largest, used;
  const int64_t i = thread_number(), face = face_number();
  const int lane = static_cast<int>(threadIdx.x), lanes = static_cast<int>(blockDim.x);
  const bool inside = i < p.size;
  float* out = p.out + face * p.size + i;
  float value = !inside ? 0.0f : p.mean == p.out ? *out : p.mean[i];
  for (int64_t first = 0; first < p.rows; first += kMostRows) {
    const float* coeffs = p.coeffs + face * p.rows + first;
    const int count = static_cast<int>(p.rows - first < kMostRows ? p.rows - first : kMostRows);
    if (lane == 0) largest = used = 0;
    __syncthreads();
    for (int k = lane; k < count; k += lanes) atomicMax(&largest, magnitude_bits(coeffs[k]));
    __syncthreads();
    const Unit unit = weight_unit(float_of_bits(largest));
    for (int k = lane; k < count; k += lanes) {
      weights[k] = unit.step > 0.0f ? round_weight(coeffs[k] * unit.inverse) : 0;
      if (weights[k] != 0) atomicMax(&used, 1);
    }
    __syncthreads();
    // A sum without a unit is not a number; one of no rows leaves what is there, a negative zero too.
    if (inside && (used != 0 || unit.step != unit.step)) {
      int32_t sum = 0;
      for (int k = 0; k < count; ++k) {
        if (weights[k] != 0) sum += weights[k] * p.bases_q[(first + k) * p.size + i];
      }
      value = add_scaled(value, sum, unit.step);
    }
    __syncthreads();  // `used` is cleared next
  }
  if (inside) *out = value;
}

// A block of threads is a block of shapes, each thread one number.
__global__ void add_shapes(ShapesParams p, int64_t num_coeffs) {
  __shared__ int16_t weights[kMostRows];
  __shared__ int32_t largest;
  const int lane = static_cast<int>(threadIdx.x), lanes = static_cast<int>(blockDim.x);
  const int64_t block = blockIdx.x, face = face_number(), i = block * kShapeBlock + lane;
  const ShapeBlock of = p.blocks[block];
  const float* coeffs = p.coeffs + face * num_coeffs;
  const bool inside = i < p.size;
  float value = inside ? p.base[face * p.size + i] : 0.0f;
  int quads = of.int8_quads, octets = of.int4_octets;
  const int8_t* values =
      p.values + of.values + lane / kHalf * (kInt8QuadBytes / 2 * (quads + octets)) + 4 * (lane % kHalf);
  for (int64_t entry = of.entry; quads + octets > 0;) {
    const ShapeCounts now = next_counts(quads, octets);
    const int first_int4 = padded(4 * now.int8_quads), count = first_int4 + padded(8 * now.int4_octets);
    if (lane == 0) largest = 0;
    __syncthreads();
    for (int k = lane; k < count; k += lanes) {
      atomicMax(&largest, magnitude_bits(coeffs[p.row[entry + k]] * p.step[entry + k]));
    }
    __syncthreads();
    const Unit unit = weight_unit(float_of_bits(largest));
    for (int k = lane; k < count; k += lanes) {
      const float scaled = unit.inverse > 0.0f ? coeffs[p.row[entry + k]] * p.step[entry + k] : 0.0f;
      weights[k] = static_cast<int16_t>(round_weight(scaled * unit.inverse));
    }
    __syncthreads();
    int32_t sum = 0;
    for (int q = 0; inside && q < now.int8_quads; ++q, values += kInt8QuadBytes / 2) {
      sum = int8_quad_step(sum, values, weights + 4 * q);
    }
    for (int o = 0; inside && o < now.int4_octets; ++o, values += kInt8QuadBytes / 2) {
      sum = int4_octet_step(sum, values, weights + first_int4 + 8 * o);
    }
    if (unit.step != 0.0f) value = add_scaled(value, sum, unit.step);
    quads -= now.int8_quads, octets -= now.int4_octets;
    entry += count;
  }
  if (inside) p.out[face * p.size + i] = value;
}

// The last run that begins at or before a row.
__device__ SubdivisionRun run_of(const SubdivideRunsParams& p, int64_t row) {
  int64_t low = 0, high = p.num_runs - 1;
  while (low < high) {
    const int64_t middle = (low + high + 1) / 2;
    if (p.runs[middle].row <= row) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return p.runs[low];
}

template <int a, int b, int c, typename Point>
__device__ bool is_row(const SubdivisionRun& run, const Point& point, const int32_t* idx, Float4* out) {
  if (run.counts[0] != a || run.counts[1] != b || run.counts[2] != c) return false;
  *out = known_row<a, b, c>(point, idx, splat(run.weights[0]), splat(run.weights[1]), splat(run.weights[2]));
  return true;
}

__global__ void subdivide_runs(SubdivideRunsParams p) {
  const int64_t v = thread_number(), face = face_number();
  if (v >= p.verts) return;
  const float* control = p.control + face * p.controls * 3;
  const auto point = [control](int32_t c) { return load3(control + 3 * static_cast<int64_t>(c)); };
  const SubdivisionRun run = run_of(p, v);
  const int32_t first = p.ptr[v];
  const int32_t* idx = p.idx + first;
  Float4 sum;
  const bool known = is_row<1, 0, 0>(run, point, idx, &sum) || is_row<4, 0, 0>(run, point, idx, &sum) ||
                     is_row<4, 2, 0>(run, point, idx, &sum) || is_row<4, 4, 1>(run, point, idx, &sum);
  if (!known) sum = any_row(point, idx, p.val + first, p.ptr[v + 1] - first);
  store3(p.out + 3 * (face * p.verts + v), sum);
}

}  // namespace

cudaError_t blend_cuda(const BlendParams& p, int64_t faces, cudaStream_t stream) {
  return launch(p.bases != nullptr ? blend_floats : blend_bytes, p.size, faces, stream, p);
}

cudaError_t add_shapes_cuda(const ShapesParams& p, int64_t num_coeffs, int64_t faces, cudaStream_t stream) {
  const int64_t blocks = (p.size + kShapeBlock - 1) / kShapeBlock;
  return launch_blocks(add_shapes, blocks, static_cast<int>(kShapeBlock), faces, stream, p, num_coeffs);
}

cudaError_t subdivide_runs_cuda(const SubdivideRunsParams& p, int64_t faces, cudaStream_t stream) {
  return launch(subdivide_runs, p.verts, faces, stream, p);
}

}  // namespace facesdk
