// Calls the arithmetic that host and device share, one kernel for each op: it must compile as device code,
// without a host function on the way. nvcc_headers.sh compiles it, and checks that no shared header is
// missing here.
#include "common/float4.h"
#include "common/math_functions.h"
#include "nn/nn_math.h"
#include "ops/blend/blend_math.h"
#include "ops/contours/contours_math.h"
#include "ops/damped_least_squares/damped_least_squares_math.h"
#include "ops/decode/decode_math.h"
#include "ops/decode/subdivision_math.h"
#include "ops/normals/normals_math.h"
#include "ops/pose/pose_math.h"
#include "ops/project/project_math.h"
#include "ops/rasterize/rasterize_math.h"
#include "ops/resize/resize_math.h"
#include "ops/shade/shade_math.h"
#include "ops/shade_and_project/shade_and_project_math.h"
#include "ops/smoothness/smoothness_math.h"
#include "ops/warp/warp_math.h"

namespace facesdk {

__device__ int64_t thread_index() { return blockIdx.x * static_cast<int64_t>(blockDim.x) + threadIdx.x; }

__global__ void math_functions(const double* in, double* out) {
  const int64_t i = thread_index();
  const double x = in[i];
  out[i] = math::exp(x) + math::log(x) + math::sin(x) + math::cos(x) + math::tan(x) + math::atan2(x, out[i]) +
           math::asin(x) + math::acos(x) + math::hypot(x, out[i]) + math::wrap_angle(x) +
           math::exp(static_cast<float>(x)) + math::log(static_cast<float>(x)) +
           math::sigmoid(static_cast<float>(x));
}

__global__ void blend(const uint8_t* map, const float* depth, const double* sums, const float* matrix,
                      uint8_t* out, double* line) {
  const auto i = static_cast<int32_t>(thread_index());
  const CropPlace at = crop_place(matrix, i, i, 96);
  if (!at.inside || !is_seen(map, depth, map, 44, 96, i, i) || is_hole(depth, 96, i, i)) return;
  out[3 * i] = mixed_byte(sample_bytes(map, 96, 1, 0, at.x, at.y), sample_bytes(map, 96, 3, i, at.x, at.y),
                          out[3 * i]);
  const double mean = mean_difference(sums[0], sums[1]);
  out[3 * i + 1] = moved_level(depth[i], bounded_difference(sums[i], mean), sums[i + 1], mean, mean_weight());
  box_filter_line(96, i, sums, line);
}

__global__ void decode(const float* coeffs, const int8_t* values, int count, float* out) {
  const int64_t i = thread_index();
  const Unit unit = weight_unit(coeffs[count]);
  int32_t sum = 0;
  for (int k = 0; k < count; k += 8) {
    int16_t weights[8];
    for (int j = 0; j < 8; ++j) {
      const int32_t weight = round_weight(coeffs[k + j] * unit.inverse);
      weights[j] = static_cast<int16_t>(256 * high_byte(weight) + low_byte(weight));
    }
    sum = int8_quad_step(sum, values + 4 * i, weights);
    sum = int4_octet_step(sum, values + 4 * i, weights);
    sum = int8_pair_step(sum, values[i], values[i + 1], weights[0], weights[1]);
  }
  out[i] = add_scaled(out[i], sum, unit.step);
  out[i] = subdivide_step(blend_step(out[i], coeffs[0], coeffs[1]), coeffs[2], coeffs[3]);
}

__global__ void subdivision(const float* control, const int32_t* idx, const float* val, float* out) {
  const int64_t v = thread_index();
  const auto point = [&](int32_t c) { return load3(control + 3 * c); };
  store3(out + 3 * v, known_row<4, 4, 1>(point, idx, splat(val[0]), splat(val[1]), splat(val[2])));
  store3(out + 3 * v, any_row(point, idx + v, val + v, next_counts(idx[v], idx[v + 1]).int8_quads));
}

__global__ void normals(const float* verts, const int32_t* triangles, int64_t count, int64_t num_verts,
                        float* out) {
  const int64_t v = thread_index();
  Float4 sum = splat(0.0f);
  const auto add = [&](int32_t vertex, Float4 term) { sum = vertex == v ? sum + term : sum; };
  const auto point = [&](int32_t vertex) { return load4(verts + 4 * vertex); };
  for (int64_t t = 0; t < count;) {
    const int32_t* index = triangles + 3 * t;
    const int group = group_size(index, count - t, num_verts);
    if (group == kFan) {
      Float4 corner[4], edge[4];
      for (int q = 0; q < 4; ++q) {
        corner[q] = point(index[6 * q]) - point(index[2]),
        edge[q] = point(index[6 * q + 1]) - point(index[2]);
      }
      add_fan(corner, edge, index, add);
    } else {
      const bool quad = group == 2;
      add_quad(point(index[0]), point(index[1]), point(index[2]), point(index[quad ? 5 : 2]), quad, index,
               add);
    }
    t += group;
  }
  store4(out + 4 * v, sum * splat(unit_scale(out[v])));
  store3(out + 3 * v, sum);
}

__global__ void shade_and_project(const float* r, const float* m, const float* k, const float* sh,
                                  const float* verts, const float* sums, const float* albedo, float* points,
                                  float* colors) {
  const int64_t v = thread_index();
  project_vertex(r, m, k, verts[3 * v], verts[3 * v + 1], verts[3 * v + 2], points + 3 * v);
  float n[3], back[3];
  rotate_normal(r, sums[4 * v + 1], sums[4 * v + 2], sums[4 * v], n);
  shade_block<1>(sh, n, n + 1, n + 2, albedo + 3 * v, colors + 3 * v, 1);
  unproject_point(k, points[3 * v], points[3 * v + 1], points[3 * v + 2], back);
  colors[3 * v] += back[0];
}

__global__ void rasterize(const float* points, const int32_t* triangles, PixelRows rows, float* nearness,
                          int32_t* winner, float* bary) {
  const int64_t t = thread_index();
  FixedPoint corner[3];
  float w[3];
  for (int c = 0; c < 3; ++c) {
    const float* p = points + 3 * triangles[3 * t + c];
    corner[c] = snap(p[0], p[1], p[2]);
    w[c] = 1.0f / p[2];
  }
  TriangleSetup s;
  if (area64(corner[0], corner[1], corner[2]) == 0) return;
  if (!set_up_triangle(corner[0], corner[1], corner[2], w[0], w[1], w[2], true, rows, &s)) return;
  s.of_a.invert(), s.of_b.invert(), s.of_c.invert();
  for (int32_t y = s.y0; y <= s.y1; ++y, s.of_a.step_down(), s.of_b.step_down(), s.of_c.step_down()) {
    int64_t first = 0, last = s.x1 - s.x0;
    s.of_a.narrow(&first, &last), s.of_b.narrow(&first, &last), s.of_c.narrow(&first, &last);
    for (int64_t x = first; x <= last; ++x) {
      const int64_t at = static_cast<int64_t>(y) * rows.width + s.x0 + x;
      const float l1 = static_cast<float>(s.of_b.row - s.bias_b + x * s.of_b.right) * s.scale;
      const float l2 = static_cast<float>(s.of_c.row - s.bias_c + x * s.of_c.right) * s.scale;
      const float near = inverse_depth(s.w0, s.w1, s.w2, l1, l2), depth = 1.0f / near;
      if (!wins(near, static_cast<int32_t>(t), nearness[at], winner[at])) continue;
      nearness[at] = near, winner[at] = static_cast<int32_t>(t);
      bary[3 * at + 1] = perspective_weight(l1, s.w1, depth);
      bary[3 * at + 2] = perspective_weight(l2, s.w2, depth);
      bary[3 * at] = first_weight(bary[3 * at + 1], bary[3 * at + 2]);
      bary[3 * at] += interpolate(points[0], points[1], points[2], l1, l2);
      bary[3 * at] += static_cast<float>(bias32(static_cast<uint32_t>(y), static_cast<uint32_t>(at)));
    }
  }
}

__global__ void smoothness(const float* verts, const int32_t* adj, float* out) {
  const int64_t v = thread_index();
  umbrella(verts, adj, 5, verts + 3 * v, out + 3 * v);
}

__global__ void warp(const uint8_t* image, const double* inverse, int64_t size, float* planes,
                     uint8_t* pixels) {
  const int64_t i = thread_index(), row = i / size, column = i % size;
  double reduced[6];
  const int32_t factor = warp_factor(inverse);
  reduce_map(inverse, factor, reduced);
  const WarpRow start = warp_row(reduced, 0.0, static_cast<double>(row));
  const WarpTap tap = warp_tap(start, static_cast<float>(reduced[0]), static_cast<float>(reduced[3]),
                               static_cast<int32_t>(column));
  float corner[4];
  for (int c = 0; c < 4; ++c) {
    corner[c] = pixel_or_black(image, size, size, start.x + tap.x + (c & 1), start.y + tap.y + (c >> 1), 0);
  }
  const float value = bilinear(corner[0], corner[1], corner[2], corner[3], tap.wx, tap.wy);
  const uint32_t count = static_cast<uint32_t>(factor * factor);
  planes[i] = unit_of(value);
  pixels[i] = nearest_byte(value);
  pixels[i] = mean_byte(count * pixels[i], count, inverse_of_count(count));
}

__global__ void pose(const double* in, double* out) {
  const Vec3 axis{in[0], in[1], in[2]};
  const Vec3 moved = (rotation_by(axis) * rotation_about(axis, in[3])) * cross(scaled(axis, 2.0), axis);
  NormalEquations equations;
  equations.add(axis, moved, length(moved));
  double step[6];
  out[6] = equations.solve(step) ? 1.0 : 0.0;
  for (int i = 0; i < 6; ++i) out[i] = step[i];
}

__global__ void damped_least_squares(const float* a, const float* b, float* out) {
  const int64_t i = thread_index();
  out[i] = lane_dot(a + 32 * i, b, 32);
}

__global__ void contours(const uint8_t* rgb, const int32_t* gradients, int32_t count, int32_t* out) {
  const int64_t i = thread_index();
  const uint8_t* from = rgb + 3 * mirrored(static_cast<int32_t>(i) - kBlurReach, count);
  const Neighbour step = across(gradients[2 * i], gradients[2 * i + 1]);
  out[i] = gray_level(from[0], from[1], from[2]) + step.dx + step.dy + squared_levels(kWeakLevels);
}

__global__ void resize(const int16_t* cells, uint8_t* out) {
  const int64_t i = thread_index();
  const Tap tap = tap_of(i, 224, 333);
  out[i] = byte_of(toward(cells[tap.cell], cells[tap.cell + 1], tap.share));
}

}  // namespace facesdk
