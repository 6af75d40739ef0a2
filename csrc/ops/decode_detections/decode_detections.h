// Decode an anchor-free detection head: for every cell above the threshold a box, a score, five points and a
// roll angle. side = 4 stride exp(raw), score = 1 / (1 + exp(-logit)), points and centre = cell centre + raw
// * stride.
#pragma once

#include <cstdint>

namespace facesdk {

constexpr int kCellNumbers = 15;  // logit, the box's centre and log of its sides, five points
constexpr int kStrides[] = {8, 16, 32};
constexpr float kPrior = 4.0f;  // side of the box where raw is 0, in strides; as in the network's training

struct DecodeDetectionsParams {
  const float* raw;       // (C, 15) cells row by row, stride by stride
  int64_t height, width;  // of the network's input, px, multiples of 32
  float min_logit;        // cells above it are detections
};

struct DetectionArrays {
  float* boxes;     // (N, 4) x0, y0, x1, y1 px of the network's input
  float* scores;    // (N,) 0..1
  float* points;    // (N, 5, 2) px: right eye, left eye, nose tip, right and left mouth corner of the person
  float* roll_deg;  // (N,) > 0 where the top of the head leans to the picture's right
};

// C for a network input of this size, px.
int64_t num_detection_cells(int64_t height, int64_t width);

// N, the number of detections.
int64_t count_detections(const DecodeDetectionsParams& p);

void decode_detections_cpu(const DecodeDetectionsParams& p, const DetectionArrays& out);

}  // namespace facesdk
