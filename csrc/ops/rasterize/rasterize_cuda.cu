#include "cuda/launch.h"
#include "ops/rasterize/rasterize_cuda.h"

namespace facesdk {
namespace {

__global__ void snap_points(RasterizeParams p, RasterizeMemory m) {
  const int64_t v = thread_number(), at = face_number() * p.num_verts + v;
  if (v >= p.num_verts) return;
  const float* point = p.points + 3 * at;
  m.fixed[at] = snap(point[0], point[1], point[2]);
  m.inverse[at] = 1.0f / point[2];
}

__device__ bool fits(const RasterizeParams& p, const int32_t* index) {
  bool all = true;
  for (int corner = 0; corner < 3; ++corner) all &= index[corner] >= 0 && index[corner] < p.num_verts;
  return all;
}

__device__ bool set_up(const RasterizeParams& p, const RasterizeMemory& m, int64_t face, const int32_t* index,
                       TriangleSetup* out) {
  const FixedPoint* fixed = m.fixed + face * p.num_verts;
  const float* inverse = m.inverse + face * p.num_verts;
  return set_up_triangle(fixed[index[0]], fixed[index[1]], fixed[index[2]], inverse[index[0]],
                         inverse[index[1]], inverse[index[2]], p.cull, {0, p.height, p.width}, out);
}

// Every pixel of the triangle's box: those of a dense mesh cover a pixel or two.
__global__ void draw_triangles(RasterizeParams p, RasterizeMemory m) {
  const int64_t t = thread_number(), face = face_number();
  if (t >= p.num_triangles) return;
  const int32_t* index = p.triangles + 3 * t;
  if (!fits(p, index)) {
    atomicMax(m.bad_index, 1);
    return;
  }
  TriangleSetup s;
  if (!set_up(p, m, face, index, &s)) return;
  unsigned long long* row = m.keys + (face * p.height + s.y0) * p.width;
  for (int32_t y = s.y0; y <= s.y1; ++y, row += p.width) {
    int64_t a = s.of_a.row, b = s.of_b.row, c = s.of_c.row;
    for (int32_t x = s.x0; x <= s.x1; ++x, a += s.of_a.right, b += s.of_b.right, c += s.of_c.right) {
      if ((a | b | c) < 0) continue;
      const float l1 = corner_weight(b, s.bias_b, s.scale), l2 = corner_weight(c, s.bias_c, s.scale);
      const float nearness = inverse_depth(s.w0, s.w1, s.w2, l1, l2);
      if (nearness > 0.0f) atomicMin(row + x, fragment_key(nearness, static_cast<int32_t>(t)));
    }
    s.of_a.step_down(), s.of_b.step_down(), s.of_c.step_down();
  }
}

// Outputs of a covered pixel that need the corners' weights: those of the triangle that won, once more.
__device__ void paint_pixel(const RasterizeParams& p, const RasterizeMemory& m, int64_t face, int64_t pixel,
                            int32_t triangle, float nearness) {
  const int32_t* index = p.triangles + 3 * static_cast<int64_t>(triangle);
  const int64_t at = face * p.height * p.width + pixel;
  TriangleSetup s;
  set_up(p, m, face, index, &s);
  const int64_t x = pixel % p.width - s.x0, y = pixel / p.width - s.y0;
  const float l1 = corner_weight(s.of_b.row + x * s.of_b.right + y * s.of_b.down, s.bias_b, s.scale);
  const float l2 = corner_weight(s.of_c.row + x * s.of_c.right + y * s.of_c.down, s.bias_c, s.scale);
  const float depth = 1.0f / nearness;
  const float b1 = perspective_weight(l1, s.w1, depth), b2 = perspective_weight(l2, s.w2, depth);
  if (p.bary != nullptr) {
    p.bary[3 * at] = first_weight(b1, b2);
    p.bary[3 * at + 1] = b1;
    p.bary[3 * at + 2] = b2;
  }
  if (p.color == nullptr) return;
  const float* colors = p.colors + 3 * face * p.num_verts;
  for (int k = 0; k < 3; ++k) {
    const auto color = [&](int corner) { return colors[3 * static_cast<int64_t>(index[corner]) + k]; };
    p.color[3 * at + k] = interpolate(color(0), color(1), color(2), b1, b2);
  }
}

__global__ void resolve_pixels(RasterizeParams p, RasterizeMemory m) {
  const int64_t pixel = thread_number(), pixels = static_cast<int64_t>(p.height) * p.width;
  const int64_t face = face_number(), at = face * pixels + pixel;
  if (pixel >= pixels) return;
  const unsigned long long key = m.keys[at];
  const bool covered = key != kEmptyKey;
  const float nearness = covered ? nearness_of(key) : 0.0f;
  if (p.depth != nullptr) p.depth[at] = covered ? 1.0f / nearness : 0.0f;
  if (p.triangle != nullptr) p.triangle[at] = covered ? triangle_of(key) : -1;
  if (p.color == nullptr && p.bary == nullptr) return;
  if (covered) return paint_pixel(p, m, face, pixel, triangle_of(key), nearness);
  for (int k = 0; k < 3; ++k) {
    if (p.color != nullptr) p.color[3 * at + k] = 0.0f;
    if (p.bary != nullptr) p.bary[3 * at + k] = 0.0f;
  }
}

}  // namespace

cudaError_t rasterize_cuda(const RasterizeParams& p, const RasterizeMemory& m, int64_t faces,
                           cudaStream_t stream) {
  const int64_t pixels = static_cast<int64_t>(p.height) * p.width;
  cudaError_t error = cudaMemsetAsync(m.bad_index, 0, sizeof(int), stream);
  if (error != cudaSuccess) return error;
  error = cudaMemsetAsync(m.keys, 0xff, static_cast<size_t>(faces * pixels) * sizeof(kEmptyKey), stream);
  if (error != cudaSuccess) return error;
  error = launch(snap_points, p.num_verts, faces, stream, p, m);
  if (error != cudaSuccess) return error;
  error = launch(draw_triangles, p.num_triangles, faces, stream, p, m);
  if (error != cudaSuccess) return error;
  return launch(resolve_pixels, pixels, faces, stream, p, m);
}

}  // namespace facesdk
