// Track: what is remembered of one followed face.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/observation.h"
#include "pipeline/occlusion.h"
#include "pipeline/person.h"

namespace facesdk {

struct Track {
  FaceObservation observation;                // of the last frame
  std::vector<float> identity, albedo;        // the averages in use
  std::vector<float> identity_mesh, scratch;  // control vertices of that identity, and memory to make them
  PersonMean mean;
  int64_t frames = 0;
  Occlusion occlusion;  // as it was measured last
  bool looked = false;  // whether it was measured in the last frame
  // Expressions (n_exp,): of the last frame as the network predicts it; as it was where a look last found its
  // part of the face free; and of both what is given out.
  std::vector<float> predicted, confirmed, given;
};

// The followed faces of a video.
struct Followed {
  const Track* tracks;
  size_t count;
};

}  // namespace facesdk
