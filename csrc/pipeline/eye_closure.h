// Eye closure: a small network of an eye's own pixels predicts how far the lids are closed.
//
// The regressor's features, three by three cells of a crop, lose an eye's few pixels, and with them whether
// it is open. Its eyeBlink weights are replaced by this network's where both eyes are seen.
#pragma once

#include <memory>

#include "nn/inference.h"
#include "pipeline/observation.h"

namespace facesdk {

constexpr int32_t kEyeAcross = 24, kEyeDown = 14;  // samples of an eye's patch
constexpr double kEyeWidth = 1.5;                  // of the patch, over the distance of the eye's corners
// iBUG: outer and inner corner of the person's right eye, left eye.
constexpr int kEyeCorners[2][2] = {{36, 39}, {45, 42}};

// Throws Error(kAsset) where a network does not take the patches of eyes.
void check_eye_network(const Network& network);

// Working memory of one session.
struct EyeWorkspace {
  explicit EyeWorkspace(const Network& network) : run(network.prepare(1, kEyeAcross * kEyeDown)) {}
  std::unique_ptr<NetworkRun> run;
};

// How far the person's right and left eye are closed, 0..1, from a gray crop (size, size), 0..1, and its
// landmarks (68, 2), crop sides from the crop's centre. Throws Error(kAsset) where the network's output is
// not one finite logit.
void predict_eye_closure(const Network& network, const float* gray, int32_t size, const float* landmarks_crop,
                         EyeWorkspace* workspace, double* closure);

// Sets the eyeBlink weights of a face from its gray crop (S, S) and landmarks_crop, where the face is turned
// by less than 60 degrees and the model has such expressions.
void close_eyes(const Network& network, const FaceModel& model, int32_t size, EyeWorkspace* workspace,
                FaceObservation* face);

}  // namespace facesdk
