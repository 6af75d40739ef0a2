#include "pipeline/occlusion.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "common/error.h"
#include "common/math_functions.h"
#include "ops/project/project.h"
#include "pipeline/align.h"
#include "pipeline/crop_pixels.h"

namespace facesdk {
namespace {

constexpr int32_t kWiden = 2;       // px: the mask network leaves a rim of what covers the face
constexpr int32_t kClosing = 2;     // cells on each side: gaps between splatted vertices are smaller
constexpr float kBehindMm = 15.0f;  // behind the nearest vertex of its cell, from which on one is hidden
constexpr int32_t kPadded = kRegionCells + 2 * kClosing;

size_t count_of(int32_t side) { return static_cast<size_t>(side) * static_cast<size_t>(side); }

// Cell of a place in px of the mask; -1 outside.
int32_t cell_of(double x, double y, int32_t side) {
  const double scale = static_cast<double>(kRegionCells) / side;
  const double column = std::floor((x + 0.5) * scale), row = std::floor((y + 0.5) * scale);
  if (!(column >= 0.0 && column < kRegionCells && row >= 0.0 && row < kRegionCells)) return -1;
  return static_cast<int32_t>(row) * kRegionCells + static_cast<int32_t>(column);
}

bool is_covered(const Occlusion& o, double x, double y, int32_t side) {
  const int32_t column = std::min(std::max(static_cast<int32_t>(std::floor(x + 0.5)), 0), side - 1);
  const int32_t row = std::min(std::max(static_cast<int32_t>(std::floor(y + 0.5)), 0), side - 1);
  return o.chance[static_cast<size_t>(row) * static_cast<size_t>(side) + static_cast<size_t>(column)] >=
         kCovered;
}

struct Place {
  double x, y;
};

Place in_mask(const float* matrix, double x, double y) {
  return {matrix[0] * x + matrix[1] * y + matrix[2], matrix[3] * x + matrix[4] * y + matrix[5]};
}

// Whether the picture shows a point, x px, y px, depth mm, of the crop.
bool is_shown(const Occlusion& o, int32_t side, int64_t height, int64_t width, const float* p) {
  const Place at = in_mask(o.matrix, p[0], p[1]);
  return p[2] > 0.0f && p[0] > -0.5f && p[1] > -0.5f && p[0] < static_cast<float>(width) - 0.5f &&
         p[1] < static_cast<float>(height) - 0.5f && cell_of(at.x, at.y, side) >= 0 &&
         !is_covered(o, at.x, at.y, side);
}

// The largest value in a window of 2 kClosing + 1 cells a side, edges repeated; with `inverted` the smallest.
void spread(const std::vector<uint8_t>& from, uint8_t wanted, std::vector<uint8_t>* padded,
            std::vector<uint8_t>* to) {
  padded->resize(static_cast<size_t>(kPadded) * kPadded);
  for (int32_t y = 0; y < kPadded; ++y) {
    const int32_t row = std::min(std::max(y - kClosing, 0), kRegionCells - 1);
    for (int32_t x = 0; x < kPadded; ++x) {
      const int32_t column = std::min(std::max(x - kClosing, 0), kRegionCells - 1);
      (*padded)[static_cast<size_t>(y * kPadded + x)] =
          from[static_cast<size_t>(row * kRegionCells + column)];
    }
  }
  for (int32_t y = 0; y < kRegionCells; ++y) {
    for (int32_t x = 0; x < kRegionCells; ++x) {
      bool found = false;
      for (int32_t dy = 0; dy <= 2 * kClosing && !found; ++dy) {
        const uint8_t* row = padded->data() + (y + dy) * kPadded + x;
        for (int32_t dx = 0; dx <= 2 * kClosing && !found; ++dx) found = row[dx] == wanted;
      }
      (*to)[static_cast<size_t>(y * kRegionCells + x)] = found ? wanted : 1 - wanted;
    }
  }
}

// Px of the picture and depth of the region's vertices.
void place_vertices(const FaceRegion& region, const PlacedFace& face, OcclusionWorkspace* w) {
  const std::vector<int32_t>& vertices = region.vertices();
  const auto count = static_cast<int64_t>(vertices.size());
  float* verts = at_least(w->verts, 3 * count);
  for (size_t i = 0; i < vertices.size(); ++i) {
    std::copy_n(face.verts_face_mm + 3 * static_cast<int64_t>(vertices[i]), 3, verts + 3 * i);
  }
  float* points = at_least(w->points, 3 * count);
  transform_cpu({verts, face.pose->rotation, face.pose->translation_mm, count, points, 1});
  project_cpu({points, face.intrinsics, count, points, 1});
}

// Draws the outline and finds which vertices are seen.
void look_at_vertices(const FaceRegion& region, int32_t side, const PlacedFace& face, OcclusionWorkspace* w,
                      Occlusion* o) {
  const size_t count = region.vertices().size();
  w->seen.resize(count), w->uncovered.resize(count);
  o->outline.assign(count_of(kRegionCells), 0);
  w->nearest.assign(count_of(kRegionCells), 0.0f);
  for (size_t i = 0; i < count; ++i) {
    const float* p = w->points.data() + 3 * i;
    const Place at = in_mask(o->matrix, p[0], p[1]);
    const int32_t cell = cell_of(at.x, at.y, side);
    w->uncovered[i] = is_shown(*o, side, face.height, face.width, p);
    if (cell < 0 || !(p[2] > 0.0f)) continue;
    o->outline[static_cast<size_t>(cell)] = 1;
    float& nearest = w->nearest[static_cast<size_t>(cell)];
    nearest = nearest == 0.0f ? p[2] : std::min(nearest, p[2]);
  }
  for (size_t i = 0; i < count; ++i) {
    const float* p = w->points.data() + 3 * i;
    const Place at = in_mask(o->matrix, p[0], p[1]);
    const int32_t cell = cell_of(at.x, at.y, side);
    w->seen[i] = w->uncovered[i] && p[2] <= w->nearest[static_cast<size_t>(cell)] + kBehindMm;
  }
}

double covered_share(const Occlusion& o, int32_t side) {
  int32_t covered = 0, all = 0;
  const double px = static_cast<double>(side) / kRegionCells;
  for (int32_t y = 0; y < kRegionCells; ++y) {
    for (int32_t x = 0; x < kRegionCells; ++x) {
      if (o.outline[static_cast<size_t>(y * kRegionCells + x)] == 0) continue;
      ++all;
      covered += is_covered(o, (x + 0.5) * px - 0.5, (y + 0.5) * px - 0.5, side);
    }
  }
  return all == 0 ? 0.0 : static_cast<double>(covered) / all;
}

// Share of an expression's motion that falls on the chosen vertices; 1 where it moves none.
float motion_share(const FaceRegion& region, int32_t e, const std::vector<uint8_t>& chosen) {
  double sum = 0.0, all = 0.0;
  for (int32_t k = 0; k < region.moved_count(e); ++k) {
    const FaceRegion::Moved& one = region.moved(e)[k];
    all += one.weight;
    if (chosen[static_cast<size_t>(one.vertex)] != 0) sum += one.weight;
  }
  return all > 0.0 ? static_cast<float>(sum / all) : 1.0f;
}

// Logits (S / 2, S / 2, 4) of the four pixels of each cell, row by row, as chances (S, S).
void read_chances(const float* logits, int32_t side, Occlusion* o) {
  o->chance.resize(count_of(side));
  for (int32_t y = 0; y < side; ++y) {
    for (int32_t x = 0; x < side; ++x) {
      const int32_t cell = (y / 2) * (side / 2) + x / 2, quarter = 2 * (y % 2) + x % 2;
      // min and max so that not-a-number becomes -30.
      const double logit = std::min(std::max(-30.0, static_cast<double>(logits[4 * cell + quarter])), 30.0);
      const double chance = 1.0 / (1.0 + math::exp(-logit));
      o->chance[static_cast<size_t>(y) * static_cast<size_t>(side) + static_cast<size_t>(x)] =
          static_cast<uint8_t>(255.0 * chance + 0.5);
    }
  }
}

}  // namespace

OcclusionModel::OcclusionModel(std::shared_ptr<const Network> network, const FaceModel& model)
    : network_(std::move(network)), region_(model), output_(output_index(*network_, "mask")) {
  if (output_ < 0 || side() < 2 || side() % 2 != 0) {
    throw Error(ErrorCode::kAsset,
                network_->name() + ": not a mask network (no output mask of an even size)");
  }
}

void measure_occlusion(const OcclusionModel& model, const ImageView& image, const PlacedFace& face,
                       OcclusionWorkspace* w, Occlusion* o) {
  const int32_t side = model.side();
  if (w->run == nullptr) w->run = model.network().prepare(side, side);
  const Crop crop = crop_from_landmarks(face.pose->landmarks_px);
  warp_crop(image, crop, false, w->run->input(0), &w->ops);
  w->run->run(1);
  const OutputView logits = w->run->output(model.output());
  if (logits.size != static_cast<int64_t>(count_of(side))) {
    throw Error(ErrorCode::kAsset, model.network().name() + ": output mask has " +
                                       std::to_string(logits.size) + " numbers, expected " +
                                       std::to_string(count_of(side)));
  }
  read_chances(logits.data, side, o);
  crop_matrix(crop, side, false, o->matrix);
  measure_cover(model.region(), side, face, w, o);
}

void measure_cover(const FaceRegion& region, int32_t side, const PlacedFace& face, OcclusionWorkspace* w,
                   Occlusion* o) {
  place_vertices(region, face, w);
  look_at_vertices(region, side, face, w, o);
  spread(o->outline, 1, &w->cells, &o->outline);
  spread(o->outline, 0, &w->cells, &o->outline);
  o->share = covered_share(*o, side);
  const auto expressions = static_cast<size_t>(face.num_expression);
  o->observed.resize(expressions), o->uncovered.resize(expressions);
  for (int32_t e = 0; e < face.num_expression; ++e) {
    o->observed[static_cast<size_t>(e)] = motion_share(region, e, w->seen);
    o->uncovered[static_cast<size_t>(e)] = motion_share(region, e, w->uncovered);
  }
  o->measured = true;
}

void find_shown(const Occlusion& o, int32_t side, int64_t height, int64_t width, const float* points,
                int64_t count, uint8_t* out) {
  for (int64_t i = 0; i < count; ++i) out[i] = is_shown(o, side, height, width, points + 3 * i);
}

void draw_crop_mask(const Occlusion& o, int32_t side, std::vector<uint8_t>* out) {
  out->resize(count_of(side));
  for (int32_t y = 0; y < side; ++y) {
    for (int32_t x = 0; x < side; ++x) {
      const int32_t cell = cell_of(x, y, side);
      (*out)[static_cast<size_t>(y) * static_cast<size_t>(side) + static_cast<size_t>(x)] =
          o.outline[static_cast<size_t>(cell)] != 0 && is_covered(o, x, y, side);
    }
  }
}

void widen_mask(int32_t side, std::vector<uint8_t>* mask, std::vector<uint8_t>* spare) {
  spare->resize(mask->size());
  for (int32_t pass = 0; pass < 2; ++pass) {
    const std::vector<uint8_t>& from = pass == 0 ? *mask : *spare;
    std::vector<uint8_t>& to = pass == 0 ? *spare : *mask;
    for (int32_t line = 0; line < side; ++line) {
      for (int32_t at = 0; at < side; ++at) {
        uint8_t found = 0;
        const int32_t last = std::min(at + kWiden, side - 1);
        for (int32_t k = std::max(at - kWiden, 0); k <= last; ++k) {
          found |= from[static_cast<size_t>(pass == 0 ? line * side + k : k * side + line)];
        }
        to[static_cast<size_t>(pass == 0 ? line * side + at : at * side + line)] = found;
      }
    }
  }
}

void draw_occlusion_mask(const Occlusion& o, int32_t side, int64_t height, int64_t width, uint8_t* out) {
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x, ++out) {
      const Place at = in_mask(o.matrix, static_cast<double>(x), static_cast<double>(y));
      const int32_t cell = cell_of(at.x, at.y, side);
      *out = cell >= 0 && o.outline[static_cast<size_t>(cell)] != 0 && is_covered(o, at.x, at.y, side);
    }
  }
}

}  // namespace facesdk
