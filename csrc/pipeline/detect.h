// Detect faces: resize, anchor-free network, decode, non-maximum suppression.
#pragma once

#include <cstdint>
#include <vector>

#include "common/image_view.h"
#include "common/workspace.h"
#include "nn/inference.h"
#include "pipeline/observation.h"
#include "pipeline/run_cache.h"

namespace facesdk {

struct DetectorSettings {
  int32_t long_side = 608;   // px of the picture as the network sees it
  float min_score = 0.5f;    // 0..1, lower ones are dropped
  float max_overlap = 0.4f;  // intersection over union of two detections
  bool single = false;       // only the most prominent face is wanted
  bool retry = true;         // where nothing is found, detect once more at 1.6 times the size
};

// Detections for which lists have room from the start: how many there are differs from frame to frame, and a
// list that grew later would ask for memory in the middle of a video.
constexpr size_t kReservedDetections = 512;

// Working memory of one session.
struct DetectorWorkspace {
  DetectorWorkspace() {
    boxes.reserve(4 * kReservedDetections), scores.reserve(kReservedDetections);
    points.reserve(10 * kReservedDetections), rolls.reserve(kReservedDetections);
    found.reserve(kReservedDetections), merged.reserve(kReservedDetections);
    kept.reserve(kReservedDetections);
  }

  RunCache runs;
  Workspace ops;
  std::vector<float> boxes, scores, points, rolls;
  std::vector<Detection> found, merged;
  std::vector<int32_t> kept;
};

// Full detection: at `long_side` and, for faces that fill the picture, at a third of it; where nothing is
// found, once more at 1.6 times the size. Sorted by score times size, the most prominent first.
void detect(const Network& network, const DetectorSettings& settings, const ImageView& image,
            DetectorWorkspace* workspace, std::vector<Detection>* out);

// Fast detection: large faces of a score of 0.8 or more at half the resolution, a sixth of the time.
void detect_fast(const Network& network, const DetectorSettings& settings, const ImageView& image,
                 DetectorWorkspace* workspace, std::vector<Detection>* out);

}  // namespace facesdk
