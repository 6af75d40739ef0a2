// Regress: the network's coefficients and landmarks for every crop.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/image_view.h"
#include "common/workspace.h"
#include "nn/inference.h"
#include "pipeline/observation.h"

namespace facesdk {

// The network with what its metadata says of its numbers. Immutable, shared by threads.
class Regressor {
 public:
  // Throws Error(kAsset) where the network has no or wrong metadata.
  explicit Regressor(std::shared_ptr<const Network> network);

  const Network& network() const { return *network_; }
  int32_t input_size() const { return input_size_; }  // S px
  double focal_ratio() const {
    return focal_ratio_;
  }  // focal length of the virtual camera over the crop's side
  int32_t identities() const { return sizes_[kAlpha]; }
  int32_t albedos() const { return sizes_[kBeta]; }
  int32_t expressions() const { return sizes_[kDelta]; }

  // Give observations the memory that `predict` fills: how many candidates there are differs from frame to
  // frame, and a list that grew later would ask for memory in the middle of a video.
  void reserve(FaceObservation* face) const;
  void reserve(size_t count, ObservationList* faces) const;

 private:
  friend class RegressorRuns;
  enum Part { kAlpha, kBeta, kDelta, kRotation, kTranslation, kGamma, kParts };
  void split(const float* x, FaceObservation* face) const;
  void take_landmarks(const NetworkRun& run, int32_t item, FaceObservation* face) const;

  std::shared_ptr<const Network> network_;
  int32_t input_size_, length_ = 0;
  int32_t sizes_[kParts], starts_[kParts];
  double focal_ratio_, depth_mm_;            // depth at which the network's log-depth is 0
  int32_t x_, points_, sigma_, face_logit_;  // numbers of its outputs, -1 where it has none
};

// Runs of the regressor, one for each thread; belongs to one session.
class RegressorRuns {
 public:
  RegressorRuns(const Regressor& regressor, int threads);

  // Predicts for the crops of all faces, whose gray form goes to `gray`; with `mirrored`, for the crops
  // mirrored left to right: predictions of what is seen in the mirror. Throws Error(kAsset) where an output
  // is not finite.
  void predict(const ImageView& image, bool mirrored, ObservationList* faces);

  // The same for crops (N, S, S, 3) that were made already.
  void predict_pixels(const uint8_t* crops, ObservationList* faces);

 private:
  struct Worker {
    std::unique_ptr<NetworkRun> run;
    Workspace ops;
  };
  // fill(i, worker, input): writes the crop of face i.
  template <typename Fill>
  void predict_each(const Fill& fill, ObservationList* faces);
  template <typename Fill>
  void predict_some(Worker& worker, const Fill& fill, size_t first, size_t step,
                    ObservationList* faces) const;

  const Regressor& regressor_;
  std::vector<Worker> workers_;
};

}  // namespace facesdk
