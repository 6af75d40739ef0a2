#include "pipeline/drawn_completion.h"

#include <algorithm>
#include <cmath>

#include "ops/blend/blend_math.h"
#include "ops/rasterize/rasterize.h"
#include "ops/shade_and_project/shade_and_project.h"
#include "pipeline/crop_pixels.h"

namespace facesdk {
namespace {

size_t pixels_of(int32_t side) { return static_cast<size_t>(side) * static_cast<size_t>(side); }

void box_filter(int32_t side, bool columns, const double* from, double* to) {
  const int32_t step = columns ? side : 1, line = columns ? 1 : side;
  for (int32_t i = 0; i < side; ++i) box_filter_line(side, step, from + i * line, to + i * line);
}

// Differences of photo and drawing where the face is drawn and seen, within bounds of their mean, and their
// number: planes 0 to 2 and 3 of w->sums, smoothed. mean: (3,) of the differences.
void smooth_differences(const uint8_t* crop, int32_t side, DrawnCompletionWorkspace* w,
                        const std::vector<uint8_t>& seen, double* mean) {
  const size_t count = pixels_of(side);
  double seen_pixels = 0.0;
  double total[3] = {0.0, 0.0, 0.0};
  for (size_t i = 0; i < count; ++i) {
    if (seen[i] == 0) continue;
    seen_pixels += 1.0;
    for (size_t c = 0; c < 3; ++c) total[c] += crop[4 * i + c] - level_of(w->color[3 * i + c]);
  }
  for (size_t c = 0; c < 3; ++c) mean[c] = mean_difference(total[c], seen_pixels);
  w->sums.resize(4 * count), w->lines.resize(count);
  for (size_t c = 0; c < 4; ++c) {
    double* plane = w->sums.data() + c * count;
    for (size_t i = 0; i < count; ++i) {
      if (seen[i] == 0) {
        plane[i] = 0.0;
      } else if (c == 3) {
        plane[i] = 1.0;
      } else {
        plane[i] = bounded_difference(crop[4 * i + c] - level_of(w->color[3 * i + c]), mean[c]);
      }
    }
    for (int32_t pass = 0; pass < kFilterPasses; ++pass) {
      box_filter(side, false, plane, w->lines.data());
      box_filter(side, true, w->lines.data(), plane);
    }
  }
}

}  // namespace

void blend_drawn_face(const uint8_t* crop, const Occlusion& occlusion, int32_t side,
                      DrawnCompletionWorkspace* w, Completion* out) {
  const size_t count = pixels_of(side);
  w->wide.resize(count);
  for (int32_t y = 0; y < side; ++y) {
    for (int32_t x = 0; x < side; ++x) {
      w->wide[static_cast<size_t>(y * side + x)] =
          is_seen(w->mask.data(), w->depth.data(), occlusion.outline.data(), kRegionCells, side, x, y);
    }
  }
  double mean[3];
  smooth_differences(crop, side, w, w->wide, mean);
  const double weight = mean_weight(), hole[3] = {kRedHole, kOtherHole, kOtherHole};
  out->side = side;
  out->rgb.resize(3 * count), out->generated.assign(count, 0);
  for (size_t i = 0; i < count; ++i) {
    std::copy_n(crop + 4 * i, 3, out->rgb.data() + 3 * i);  // beside what is generated: edges are mixed
    const bool drawn = w->depth[i] > 0.0f;
    const auto x = static_cast<int32_t>(i) % side, y = static_cast<int32_t>(i) / side;
    if (w->mask[i] == 0 || !(drawn || is_hole(w->depth.data(), side, x, y))) continue;
    out->generated[i] = 1;
    for (size_t c = 0; c < 3; ++c) {
      out->rgb[3 * i + c] = drawn ? moved_level(w->color[3 * i + c], w->sums[c * count + i],
                                                w->sums[3 * count + i], mean[c], weight)
                                  : static_cast<uint8_t>(hole[c] + 0.5);
    }
  }
  out->made = true;
}

void draw_fitted_face(const FittedFace& face, const ImageView& image, const Occlusion& occlusion,
                      int32_t side, DrawnCompletionWorkspace* w, Completion* out) {
  out->made = false;
  draw_crop_mask(occlusion, side, &w->mask);
  if (std::find(w->mask.begin(), w->mask.end(), 1) == w->mask.end()) return;
  widen_mask(side, &w->mask, &w->wide);
  w->crop.resize(4 * pixels_of(side));
  warp_by_matrix(image, occlusion.matrix, {w->crop.data(), 4 * side, side, side}, &w->ops);
  const FaceModel& model = *face.model;
  const int64_t verts = model.verts(), pixels = static_cast<int64_t>(pixels_of(side));
  float* const scratch = at_least(w->scratch, model.num_albedo() + 3 * model.controls());
  model.albedo(face.albedo, scratch, at_least(w->albedo, 3 * verts), face.threads, w->ops);
  ShadeAndProjectParams p{};
  p.verts = face.verts, p.triangles = model.triangles().data();
  p.rotation = face.pose->rotation, p.shift = face.pose->translation_mm, p.intrinsics = face.intrinsics;
  p.albedo = w->albedo.data(), p.sh = face.sh;
  p.num_verts = verts, p.num_triangles = static_cast<int64_t>(model.triangles().size() / 3);
  p.points = at_least(w->points, 3 * verts), p.colors = at_least(w->colors, 3 * verts);
  p.threads = face.threads;
  if (!shade_and_project_cpu(p, w->ops)) return;
  for (int64_t i = 0; i < 3 * verts; ++i) p.colors[i] = std::min(std::max(p.colors[i], 0.0f), 1.0f);
  const float* m = occlusion.matrix;
  for (int64_t i = 0; i < verts; ++i) {
    float* point = p.points + 3 * i;
    const float x = point[0], y = point[1];
    point[0] = m[0] * x + m[1] * y + m[2], point[1] = m[3] * x + m[4] * y + m[5];
  }
  RasterizeParams r{};
  r.points = p.points, r.triangles = p.triangles, r.colors = p.colors;
  r.num_verts = verts, r.num_triangles = p.num_triangles;
  r.height = side, r.width = side, r.cull = true;
  r.color = at_least(w->color, 3 * pixels), r.depth = at_least(w->depth, pixels);
  r.threads = face.threads;
  if (!rasterize_cpu(r, w->ops)) return;
  blend_drawn_face(w->crop.data(), occlusion, side, w, out);
}

}  // namespace facesdk
