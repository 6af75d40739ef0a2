#include "cuda/launch.h"
#include "ops/blend/blend_cuda.h"
#include "ops/blend/blend_math.h"

namespace facesdk {
namespace {

constexpr int kPlanes = 4;  // differences of RGB, and where they are

// A thread paints its pixel face by face: the order of faces that overlap stays.
__global__ void paint(PaintParams p, int32_t faces) {
  const int64_t pixel = thread_number();
  if (pixel >= static_cast<int64_t>(p.height) * p.width) return;
  const auto row = static_cast<int32_t>(pixel / p.width), column = static_cast<int32_t>(pixel % p.width);
  const int64_t crop = static_cast<int64_t>(p.side) * p.side;
  uint8_t* out = p.pixels + row * p.row_bytes + static_cast<int64_t>(column) * p.pixel_bytes;
  for (int32_t face = 0; face < faces; ++face) {
    const CropPlace at = crop_place(p.matrix + 6 * face, column, row, p.side);
    if (!at.inside) continue;
    const double share = sample_bytes(p.share + face * crop, p.side, 1, 0, at.x, at.y);
    if (!(share > 0.0)) continue;
    for (int32_t k = 0; k < 3; ++k) {
      uint8_t& value = out[k == 0 ? p.red : k == 1 ? 1 : p.blue];
      value = mixed_byte(share, sample_bytes(p.rgb + 3 * face * crop, p.side, 3, k, at.x, at.y), value);
    }
    if (p.pixel_bytes == 4) out[3] = 255;
    if (p.generated != nullptr) p.generated[pixel] = 1;
  }
}

struct Place {
  int64_t pixel, pixels, at;  // in the crop, of a crop, in an array of all faces
  int32_t x, y;
};

__device__ Place place_of(const DrawnBlendParams& p, int64_t pixel) {
  const int64_t pixels = static_cast<int64_t>(p.side) * p.side;
  return {pixel, pixels, face_number() * pixels + pixel, static_cast<int32_t>(pixel % p.side),
          static_cast<int32_t>(pixel / p.side)};
}

__device__ bool seen_at(const DrawnBlendParams& p, const Place& at) {
  const int64_t face = face_number(), cells = static_cast<int64_t>(p.cells) * p.cells;
  return is_seen(p.mask + face * at.pixels, p.depth + face * at.pixels, p.outline + face * cells, p.cells,
                 p.side, at.x, at.y);
}

__device__ int32_t difference(const DrawnBlendParams& p, const Place& at, int c) {
  return p.crop[4 * at.at + c] - level_of(p.color[3 * at.at + c]);
}

// Whole numbers: the order of the additions is of no matter.
__global__ void add_differences(DrawnBlendParams p, DrawnBlendMemory m) {
  __shared__ int own[kPlanes];
  if (threadIdx.x < kPlanes) own[threadIdx.x] = 0;
  __syncthreads();
  const Place at = place_of(p, thread_number());
  if (at.pixel < at.pixels && seen_at(p, at)) {
    for (int c = 0; c < 3; ++c) atomicAdd(&own[c], difference(p, at, c));
    atomicAdd(&own[3], 1);
  }
  __syncthreads();
  if (threadIdx.x < kPlanes) atomicAdd(m.totals + kPlanes * face_number() + threadIdx.x, own[threadIdx.x]);
}

__device__ double mean_of(const DrawnBlendMemory& m, int c) {
  const int* totals = m.totals + kPlanes * face_number();
  return mean_difference(totals[c], totals[3]);
}

__global__ void fill_planes(DrawnBlendParams p, DrawnBlendMemory m) {
  const Place at = place_of(p, thread_number());
  if (at.pixel >= at.pixels) return;
  const bool seen = seen_at(p, at);
  double* out = m.sums + kPlanes * face_number() * at.pixels + at.pixel;
  for (int c = 0; c < 3; ++c)
    out[c * at.pixels] = seen ? bounded_difference(difference(p, at, c), mean_of(m, c)) : 0.0;
  out[3 * at.pixels] = seen ? 1.0 : 0.0;
}

// A thread for each line of each plane.
__global__ void filter_lines(DrawnBlendParams p, bool columns, const double* from, double* to) {
  const int64_t line = thread_number(), side = p.side;
  if (line >= kPlanes * side) return;
  const int64_t plane = (kPlanes * face_number() + line / side) * side * side;
  const int64_t first = plane + line % side * (columns ? 1 : side);
  box_filter_line(p.side, columns ? side : 1, from + first, to + first);
}

__global__ void blend_pixels(DrawnBlendParams p, DrawnBlendMemory m) {
  const Place at = place_of(p, thread_number());
  if (at.pixel >= at.pixels) return;
  uint8_t* rgb = p.rgb + 3 * at.at;
  const bool drawn = p.depth[at.at] > 0.0f;
  const bool made =
      p.mask[at.at] != 0 && (drawn || is_hole(p.depth + face_number() * at.pixels, p.side, at.x, at.y));
  const double* sums = m.sums + kPlanes * face_number() * at.pixels + at.pixel;
  p.generated[at.at] = made ? 1 : 0;
  for (int c = 0; c < 3; ++c) {
    if (!made) {
      rgb[c] = p.crop[4 * at.at + c];
    } else if (drawn) {
      rgb[c] = moved_level(p.color[3 * at.at + c], sums[c * at.pixels], sums[3 * at.pixels], mean_of(m, c),
                           mean_weight());
    } else {
      rgb[c] = static_cast<uint8_t>((c == 0 ? kRedHole : kOtherHole) + 0.5);
    }
  }
}

}  // namespace

cudaError_t paint_cuda(const PaintParams& p, int32_t faces, cudaStream_t stream) {
  return launch(paint, static_cast<int64_t>(p.height) * p.width, 1, stream, p, faces);
}

cudaError_t blend_drawn_cuda(const DrawnBlendParams& p, const DrawnBlendMemory& m, int64_t faces,
                             cudaStream_t stream) {
  const int64_t pixels = static_cast<int64_t>(p.side) * p.side,
                lines = kPlanes * static_cast<int64_t>(p.side);
  cudaError_t error =
      cudaMemsetAsync(m.totals, 0, static_cast<size_t>(kPlanes * faces) * sizeof(int), stream);
  if (error != cudaSuccess) return error;
  error = launch(add_differences, pixels, faces, stream, p, m);
  if (error != cudaSuccess) return error;
  error = launch(fill_planes, pixels, faces, stream, p, m);
  for (int32_t pass = 0; pass < kFilterPasses && error == cudaSuccess; ++pass) {
    error = launch(filter_lines, lines, faces, stream, p, false, m.sums, m.lines);
    if (error == cudaSuccess) error = launch(filter_lines, lines, faces, stream, p, true, m.lines, m.sums);
  }
  if (error != cudaSuccess) return error;
  return launch(blend_pixels, pixels, faces, stream, p, m);
}

}  // namespace facesdk
