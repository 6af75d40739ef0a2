// What the stages hand on: one FaceObservation a face, filled from detection to refinement.
#pragma once

#include <cstdint>
#include <vector>

#include "assets/face_model.h"

namespace facesdk {

struct Detection {
  float box[4];  // x0, y0, x1, y1 px of the picture, forehead to chin
  float score;   // 0..1
  bool has_points;
  float points[10];  // (5, 2) px: right eye, left eye, nose tip, right and left mouth corner of the person
  bool has_roll;
  double roll_deg;  // > 0 where the top of the head leans to the picture's right
};

// A square region of the picture, rotated upright.
struct Crop {
  double center[2];  // px of the picture
  double side;       // px of the picture, at least 1
  double roll_deg;   // the region's top leans to the picture's right by this much
};

struct FaceObservation {
  Detection detection;
  Crop crop;
  // Prediction of the network, in the crop's virtual camera: x = (alpha, beta, delta, R, m, gamma).
  std::vector<float> identity, albedo, expression;  // (n_id,), (n_tex,), (n_exp,) in 0..1
  float rotation[9];                                // (3, 3) face -> virtual camera
  float translation_mm[3];                          // virtual camera
  float sh[27];                                     // (9, 3) RGB
  bool has_points, has_sigma, has_face_logit;       // whether the network has these outputs
  float points[2 * kLandmarks];          // (68, 2) by soft-argmax, crop sides from the crop's centre
  float landmark_log_sigma[kLandmarks];  // log of each landmark's expected error, crop sides
  // The error that the network expects of its landmarks, mean, over the size of the face that they span; 0
  // where it predicts none. Nine of ten upright training faces have less than 0.022; what shows no face, or
  // one the wrong way up, has 0.03 to 0.25.
  double landmark_error;
  double face_logit;        // of the crop showing a face; mean over the last pass
  std::vector<float> gray;  // (S, S) the crop, 0..1
  // Landmarks by the mesh.
  float landmarks_crop[2 * kLandmarks];  // (68, 2) crop sides from the crop's centre
  float landmarks_px[2 * kLandmarks];    // (68, 2) px of the picture
  bool has_disagreement;
  double landmark_disagreement;  // between the ways in which the landmarks were predicted, crop sides
  int64_t track;                 // number of the tracked face; -1 outside a video
};

// Observations whose memory is reused from frame to frame: a list that shrinks keeps the memory of what it
// drops.
class ObservationList {
 public:
  size_t size() const { return size_; }
  FaceObservation& operator[](size_t i) { return items_[i]; }
  const FaceObservation& operator[](size_t i) const { return items_[i]; }

  void resize(size_t count) {
    if (items_.size() < count) items_.resize(count);
    size_ = count;
  }

  // Keep those whose numbers are given in rising order.
  void keep(const std::vector<int32_t>& chosen) {
    for (size_t i = 0; i < chosen.size(); ++i) {
      const size_t from = static_cast<size_t>(chosen[i]);
      if (from != i) std::swap(items_[i], items_[from]);
    }
    size_ = chosen.size();
  }

 private:
  std::vector<FaceObservation> items_;
  size_t size_ = 0;
};

}  // namespace facesdk
