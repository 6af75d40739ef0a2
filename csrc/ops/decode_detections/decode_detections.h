// What a detector's cells say: a face's box, five points and roll, each from the 15 numbers of its cell.
#pragma once

#include <cstdint>

namespace facesdk {

constexpr int kCellNumbers = 15;  // logit, the box's centre and log of its sides, five points
constexpr int kStrides[] = {8, 16, 32};
constexpr float kPrior = 4.0f;  // side of an untrained cell's box, in strides; as in the network's training

struct CellsParams {
  const float* raw;       // (C, 15) cells row by row, stride by stride
  int64_t height, width;  // of the look, px, multiples of 32
  float least;            // logit above which a cell shows a face
};

struct CellFaces {
  float* boxes;     // (N, 4) x0, y0, x1, y1 px of the look
  float* scores;    // (N,) 0..1
  float* points;    // (N, 5, 2) px: right eye, left eye, nose tip, right and left mouth corner of the person
  float* roll_deg;  // (N,) > 0 where the top of the head leans to the picture's right
};

// C for a look of this size.
int64_t cells_of(int64_t height, int64_t width);

// N, the number of cells that show a face.
int64_t count_cells(const CellsParams& p);

void decode_detections(const CellsParams& p, const CellFaces& out);

}  // namespace facesdk
