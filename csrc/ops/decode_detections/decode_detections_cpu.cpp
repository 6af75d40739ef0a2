#include <algorithm>

#include "common/math_functions.h"
#include "ops/decode_detections/decode_detections.h"

namespace facesdk {
namespace {

// From the mouth's middle up to the eyes' middle and along the eyes, whichever is longer, so that a profile,
// whose eyes nearly meet, has a roll too.
double roll_of(const float* p) {
  const double across_x = p[2] - p[0] + p[8] - p[6], across_y = p[3] - p[1] + p[9] - p[7];
  const double up_x = (p[0] + p[2] - p[6] - p[8]) / 2, up_y = (p[1] + p[3] - p[7] - p[9]) / 2;
  const double by_eyes = math::atan2(across_y, across_x), by_height = math::atan2(up_x, -up_y);
  const double frontal = math::hypot(across_x, across_y) / 2 / (math::hypot(up_x, up_y) + 1e-6);
  const double difference = math::wrap_angle(by_eyes - by_height);
  return math::kDegreesPerRadian * (by_height + std::min(frontal, 1.0) * difference);
}

}  // namespace

int64_t num_detection_cells(int64_t height, int64_t width) {
  int64_t count = 0;
  for (const int stride : kStrides) count += (height / stride) * (width / stride);
  return count;
}

int64_t count_detections(const DecodeDetectionsParams& p) {
  int64_t count = 0;
  for (int64_t i = 0; i < num_detection_cells(p.height, p.width); ++i)
    count += p.raw[kCellNumbers * i] > p.min_logit;
  return count;
}

void decode_detections_cpu(const DecodeDetectionsParams& p, const DetectionArrays& out) {
  const float* raw = p.raw;
  int64_t n = 0;
  for (const int stride : kStrides) {
    const auto step = static_cast<float>(stride);
    for (int64_t row = 0; row < p.height / stride; ++row) {
      for (int64_t column = 0; column < p.width / stride; ++column, raw += kCellNumbers) {
        if (!(raw[0] > p.min_logit)) continue;
        const float x = static_cast<float>(column) * step + (step - 1) / 2;
        const float y = static_cast<float>(row) * step + (step - 1) / 2;
        const float center[2] = {x + raw[1] * step, y + raw[2] * step};
        for (int axis = 0; axis < 2; ++axis) {
          const float log_side = std::min(std::max(raw[3 + axis], -4.0f), 4.0f);
          const float half =
              0.5f * kPrior * step * static_cast<float>(math::exp(static_cast<double>(log_side)));
          out.boxes[4 * n + axis] = center[axis] - half;
          out.boxes[4 * n + axis + 2] = center[axis] + half;
        }
        float* point = out.points + 10 * n;
        for (int i = 0; i < 10; i += 2) {
          point[i] = x + raw[5 + i] * step;
          point[i + 1] = y + raw[6 + i] * step;
        }
        out.scores[n] = math::sigmoid(raw[0]);
        out.roll_deg[n] = static_cast<float>(roll_of(point));
        ++n;
      }
    }
  }
}

}  // namespace facesdk
