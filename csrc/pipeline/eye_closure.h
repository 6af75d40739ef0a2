// Eye closure: a small network of an eye's own pixels predicts how far the lids are closed.
//
// The regressor's features, three by three cells of a crop, lose an eye's few pixels, and with them whether
// it is open. Its eyeBlink weights are replaced by this network's where both eyes are seen.
#pragma once

#include <memory>
#include <vector>

#include "assets/safetensors.h"
#include "pipeline/observation.h"

namespace facesdk {

constexpr int32_t kEyeAcross = 24, kEyeDown = 14;  // samples of an eye's patch
constexpr double kEyeWidth = 1.5;                  // of the patch, over the distance of the eye's corners
// iBUG: outer and inner corner of the person's right eye, left eye.
constexpr int kEyeCorners[2][2] = {{36, 39}, {45, 42}};

// Dense layers with ReLU between them and one logit at the end, in float32. Immutable, shared by threads.
class EyeNetwork {
 public:
  // Throws Error(kAsset) where the file is no such network.
  static std::shared_ptr<const EyeNetwork> load(const Safetensors& file);

  struct Layer {
    int32_t inputs, outputs;
    std::vector<float> weights, bias;  // (inputs, outputs), (outputs,)
  };
  const std::vector<Layer>& layers() const { return layers_; }

 private:
  std::vector<Layer> layers_;
};

struct EyeWorkspace {
  std::vector<float> values, next;
};

// How far the person's right and left eye are closed, 0..1, from a gray crop (size, size), 0..1, and its
// landmarks (68, 2), crop sides from the crop's centre.
void predict_eye_closure(const EyeNetwork& network, const float* gray, int32_t size,
                         const float* landmarks_crop, EyeWorkspace* workspace, double* closure);

// Sets the eyeBlink weights of a face from its gray crop (S, S) and landmarks_crop, where the face is turned
// by less than 60 degrees and the model has such expressions.
void close_eyes(const EyeNetwork& network, const FaceModel& model, int32_t size, EyeWorkspace* workspace,
                FaceObservation* face);

}  // namespace facesdk
