#include "pipeline/detect.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "common/error.h"
#include "common/math_functions.h"
#include "ops/decode_detections/decode_detections.h"
#include "ops/resize/resize.h"
#include "pipeline/letterbox.h"
#include "pipeline/non_max_suppression.h"

namespace facesdk {
namespace {

constexpr float kLargestFull =
    190.0f;  // px as the network sees it; larger faces are left to the reduced size
constexpr float kSmallestReduced = 40.0f;  // px at the reduced size; smaller ones are left to the full size
constexpr double kReduction = 3.0;
constexpr float kCertain = 0.8f;  // score of a face that needs no second inference pass
constexpr double kRetryZoom = 1.6;
constexpr float kUnlimited = std::numeric_limits<float>::infinity();

float size_of(const float* box) { return std::sqrt((box[2] - box[0]) * (box[3] - box[1])); }

// Adds the faces whose size at the network's input is in [smallest, largest), in px of the picture.
void detect_at(const Network& network, const ImageView& image, int64_t side, float smallest, float largest,
               float min_score, DetectorWorkspace* w, std::vector<Detection>* out) {
  const Letterbox box = letterbox(image.height, image.width, side);
  if (network.side() != 0) {
    throw Error(ErrorCode::kAsset, network.name() + ": not a face detector (it takes pictures of " +
                                       std::to_string(network.side()) + " px only)");
  }
  NetworkRun& run = w->runs.get(network, static_cast<int32_t>(box.height), static_cast<int32_t>(box.width));
  const PixelBuffer input = run.input(0);
  resize_cpu({image.pixels, image.height, image.width, box.halvings, box.rows, box.columns, input.pixels,
              input.row_bytes, input.height, input.width},
             w->ops);
  run.run(1);
  const OutputView cells = run.output(0);
  if (cells.size != kCellNumbers * num_detection_cells(box.height, box.width)) {
    throw Error(ErrorCode::kAsset,
                network.name() + ": not a face detector (its output has " + std::to_string(cells.size) +
                    " numbers, expected " +
                    std::to_string(kCellNumbers * num_detection_cells(box.height, box.width)) + ")");
  }
  const DecodeDetectionsParams params{
      cells.data, box.height, box.width,
      static_cast<float>(math::log(static_cast<double>(min_score) / (1.0 - static_cast<double>(min_score))))};
  const auto count = static_cast<size_t>(count_detections(params));
  w->boxes.resize(4 * count), w->scores.resize(count), w->points.resize(10 * count), w->rolls.resize(count);
  decode_detections_cpu(params, {w->boxes.data(), w->scores.data(), w->points.data(), w->rolls.data()});
  // Pixel centres are integers: p -> (p + 0.5) / scale - 0.5.
  const float shift[2] = {0.5f / box.scale[0] - 0.5f, 0.5f / box.scale[1] - 0.5f};
  for (size_t i = 0; i < count; ++i) {
    const float* from = w->boxes.data() + 4 * i;
    const float size = size_of(from);
    if (!(size >= smallest && size < largest)) continue;
    Detection face{};
    for (int k = 0; k < 4; ++k) face.box[k] = from[k] / box.scale[k & 1] + shift[k & 1];
    for (size_t k = 0; k < 10; ++k) face.points[k] = w->points[10 * i + k] / box.scale[k & 1] + shift[k & 1];
    face.score = w->scores[i];
    face.roll_deg = w->rolls[i];
    face.has_points = face.has_roll = true;
    out->push_back(face);
  }
}

// Keeps what non-maximum suppression keeps, in its order.
void suppress(float max_overlap, DetectorWorkspace* w, std::vector<Detection>* detections) {
  non_max_suppression(*detections, max_overlap, &w->kept);
  w->merged.clear();
  for (const int32_t i : w->kept) w->merged.push_back((*detections)[static_cast<size_t>(i)]);
  detections->swap(w->merged);
}

// The larger faces, at a smaller size.
void detect_reduced(const Network& network, const DetectorSettings& settings, const ImageView& image,
                    int64_t side, float min_score, DetectorWorkspace* w, std::vector<Detection>* out) {
  out->clear();
  detect_at(network, image, std::max<int64_t>(64, side), kSmallestReduced, kUnlimited, min_score, w, out);
  if (out->size() > 1) suppress(settings.max_overlap, w, out);
}

// Both sizes for a given long side, joined.
void detect_both(const Network& network, const DetectorSettings& settings, const ImageView& image,
                 int64_t side, DetectorWorkspace* w, std::vector<Detection>* out) {
  if (settings.single && side == settings.long_side) {
    detect_reduced(network, settings, image, side / 2, settings.min_score, w, out);
    for (const Detection& face : *out) {
      if (face.score >= kCertain) return;
    }
  }
  const auto reduced = static_cast<int64_t>(std::nearbyint(static_cast<double>(side) / kReduction));
  detect_reduced(network, settings, image, reduced, settings.min_score, w, &w->found);
  out->clear();
  detect_at(network, image, side, 0.0f, kLargestFull, settings.min_score, w, out);
  out->insert(out->end(), w->found.begin(), w->found.end());
  suppress(settings.max_overlap, w, out);
}

float prominence(const Detection& face) { return face.score * size_of(face.box); }

void sort_by_prominence(std::vector<Detection>* faces) {
  // Insertion sort: stable, without memory, and the list is short and nearly sorted.
  for (size_t i = 1; i < faces->size(); ++i) {
    const Detection face = (*faces)[i];
    size_t at = i;
    for (; at > 0 && prominence((*faces)[at - 1]) < prominence(face); --at) (*faces)[at] = (*faces)[at - 1];
    (*faces)[at] = face;
  }
}

}  // namespace

void detect(const Network& network, const DetectorSettings& settings, const ImageView& image,
            DetectorWorkspace* workspace, std::vector<Detection>* out) {
  detect_both(network, settings, image, settings.long_side, workspace, out);
  if (settings.retry && out->empty()) {
    const auto side = static_cast<int64_t>(static_cast<double>(settings.long_side) * kRetryZoom);
    detect_both(network, settings, image, side, workspace, out);
  }
  sort_by_prominence(out);
}

void detect_fast(const Network& network, const DetectorSettings& settings, const ImageView& image,
                 DetectorWorkspace* workspace, std::vector<Detection>* out) {
  detect_reduced(network, settings, image, settings.long_side / 2, std::max(kCertain, settings.min_score),
                 workspace, out);
  sort_by_prominence(out);
}

}  // namespace facesdk
