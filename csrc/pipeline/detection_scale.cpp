#include "pipeline/detection_scale.h"

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
constexpr int64_t kSmallestSide = 64;  // px
constexpr float kUnlimited = std::numeric_limits<float>::infinity();

float size_of(const float* box) { return std::sqrt((box[2] - box[0]) * (box[3] - box[1])); }

float prominence(const Detection& face) { return face.score * size_of(face.box); }

}  // namespace

DetectionScale full_scale(int64_t side) { return {side, 0.0f, kLargestFull}; }

DetectionScale coarse_scale(int64_t side) {
  return {std::max(kSmallestSide, side), kSmallestReduced, kUnlimited};
}

DetectionScale reduced_scale(int64_t side) {
  return coarse_scale(static_cast<int64_t>(std::nearbyint(static_cast<double>(side) / kReduction)));
}

NetworkRun& scale_run(const Network& network, const DetectionScale& scale, int64_t height, int64_t width,
                      RunCache* runs) {
  if (network.side() != 0) {
    throw Error(ErrorCode::kAsset, network.name() + ": not a face detector (it takes pictures of " +
                                       std::to_string(network.side()) + " px only)");
  }
  const Letterbox box = letterbox(height, width, scale.side);
  return runs->get(network, static_cast<int32_t>(box.height), static_cast<int32_t>(box.width));
}

void fill_input(const DetectionScale& scale, const ImageView& image, Workspace& ops, NetworkRun* run) {
  const Letterbox box = letterbox(image.height, image.width, scale.side);
  const PixelBuffer input = run->input(0);
  resize_cpu({image.pixels, image.height, image.width, box.halvings, box.rows, box.columns, input.pixels,
              input.row_bytes, input.height, input.width},
             ops);
}

void append_detections(const Network& network, const NetworkRun& run, const DetectionScale& scale,
                       int64_t height, int64_t width, float min_score, DetectorWorkspace* w,
                       std::vector<Detection>* out) {
  const Letterbox box = letterbox(height, width, scale.side);
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
    if (!(size >= scale.smallest && size < scale.largest)) continue;
    Detection face{};
    for (int k = 0; k < 4; ++k) face.box[k] = from[k] / box.scale[k & 1] + shift[k & 1];
    for (size_t k = 0; k < 10; ++k) face.points[k] = w->points[10 * i + k] / box.scale[k & 1] + shift[k & 1];
    face.score = w->scores[i];
    face.roll_deg = w->rolls[i];
    face.has_points = face.has_roll = true;
    out->push_back(face);
  }
}

void suppress(float max_overlap, DetectorWorkspace* w, std::vector<Detection>* detections) {
  non_max_suppression(*detections, max_overlap, &w->kept);
  w->merged.clear();
  for (const int32_t i : w->kept) w->merged.push_back((*detections)[static_cast<size_t>(i)]);
  detections->swap(w->merged);
}

void sort_by_prominence(std::vector<Detection>* faces) {
  // Insertion sort: stable, without memory, and the list is short and nearly sorted.
  for (size_t i = 1; i < faces->size(); ++i) {
    const Detection face = (*faces)[i];
    size_t at = i;
    for (; at > 0 && prominence((*faces)[at - 1]) < prominence(face); --at) (*faces)[at] = (*faces)[at - 1];
    (*faces)[at] = face;
  }
}

}  // namespace facesdk
