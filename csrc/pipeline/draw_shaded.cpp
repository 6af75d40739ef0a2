#include "pipeline/draw_shaded.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/rasterize/rasterize.h"

namespace facesdk {
namespace {

struct Buffers {
  std::vector<float> points, colors;  // (V, 3)
  std::vector<float> color, depth;    // (h, w, 3), (h, w) of the window
};

struct Window {
  int32_t x0, y0, width, height;
};

int32_t clipped(float value, int32_t low, int32_t high) {
  return static_cast<int32_t>(std::min(std::max(value, static_cast<float>(low)), static_cast<float>(high)));
}

// The part of the picture that the points in front of the camera touch, at least one pixel: a small face in a
// large photo costs little.
Window window_of(const float* points, int64_t count, const Canvas& canvas) {
  bool any = false;
  float low[2] = {0, 0}, high[2] = {0, 0};
  for (int64_t i = 0; i < count; ++i) {
    const float* p = points + 3 * i;
    if (!(p[2] > 0.0f) || !std::isfinite(p[0]) || !std::isfinite(p[1])) continue;
    for (int axis = 0; axis < 2; ++axis) {
      low[axis] = any ? std::min(low[axis], p[axis]) : p[axis];
      high[axis] = any ? std::max(high[axis], p[axis]) : p[axis];
    }
    any = true;
  }
  if (!any) return {0, 0, 1, 1};
  const int32_t x0 = clipped(std::floor(low[0]), 0, canvas.width - 1);
  const int32_t y0 = clipped(std::floor(low[1]), 0, canvas.height - 1);
  const int32_t x1 = clipped(std::ceil(high[0]) + 1.0f, 1, canvas.width);
  const int32_t y1 = clipped(std::ceil(high[1]) + 1.0f, 1, canvas.height);
  return {x0, y0, std::max(x1 - x0, 1), std::max(y1 - y0, 1)};
}

void put(const Window& window, const Buffers& from, const Canvas& canvas) {
  for (int32_t y = 0; y < window.height; ++y) {
    const float* depth = from.depth.data() + static_cast<int64_t>(y) * window.width;
    const float* color = from.color.data() + 3 * static_cast<int64_t>(y) * window.width;
    const int64_t row = window.y0 + y;
    float* nearest = canvas.depth_mm == nullptr ? nullptr : canvas.depth_mm + row * canvas.width + window.x0;
    uint8_t* pixel = canvas.pixels == nullptr
                         ? nullptr
                         : canvas.pixels + row * canvas.row_bytes + window.x0 * canvas.pixel_bytes;
    for (int32_t x = 0; x < window.width; ++x) {
      if (!(depth[x] > 0.0f) || (nearest != nullptr && nearest[x] > 0.0f && nearest[x] <= depth[x])) continue;
      if (nearest != nullptr) nearest[x] = depth[x];
      if (pixel == nullptr) continue;
      uint8_t* const to = pixel + x * canvas.pixel_bytes;
      to[canvas.red] = static_cast<uint8_t>(color[3 * x] * 255.0f + 0.5f);
      to[1] = static_cast<uint8_t>(color[3 * x + 1] * 255.0f + 0.5f);
      to[canvas.blue] = static_cast<uint8_t>(color[3 * x + 2] * 255.0f + 0.5f);
      if (canvas.pixel_bytes == 4) to[3] = 255;
    }
  }
}

}  // namespace

bool draw_shaded(const ShadeAndProjectParams& mesh, const Canvas& canvas, Workspace& workspace) {
  Buffers& b = workspace.of<Buffers>();
  const int64_t numbers = 3 * mesh.num_verts;
  ShadeAndProjectParams p = mesh;
  p.points = at_least(b.points, numbers), p.colors = at_least(b.colors, numbers);
  if (!shade_and_project_cpu(p, workspace)) return false;
  for (int64_t i = 0; i < numbers; ++i) p.colors[i] = std::min(std::max(p.colors[i], 0.0f), 1.0f);
  const Window window = window_of(p.points, mesh.num_verts, canvas);
  for (int64_t i = 0; i < mesh.num_verts; ++i) {
    p.points[3 * i] -= static_cast<float>(window.x0);
    p.points[3 * i + 1] -= static_cast<float>(window.y0);
  }
  const int64_t pixels = static_cast<int64_t>(window.height) * window.width;
  RasterizeParams r{};
  r.points = p.points, r.triangles = mesh.triangles, r.colors = p.colors;
  r.num_verts = mesh.num_verts, r.num_triangles = mesh.num_triangles;
  r.height = window.height, r.width = window.width;
  r.cull = true;
  r.color = at_least(b.color, 3 * pixels), r.depth = at_least(b.depth, pixels);
  r.threads = mesh.threads;
  if (!rasterize_cpu(r, workspace)) return false;
  put(window, b, canvas);
  return true;
}

}  // namespace facesdk
