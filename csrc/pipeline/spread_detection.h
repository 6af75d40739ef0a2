// Spread detection: full detection of one frame, spread over this and the following ones.
//
// The frame is resized at once, so that its pixels may be overwritten; the network's nodes then run in parts
// of about the same cost. Detections equal those of `detect` without its retry.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/detect.h"

namespace facesdk {

class SpreadDetection {
 public:
  static constexpr int32_t kParts = 3;  // frames that share one detection
  // Tenths of the network's run in each: fewer beside the resizing and beside the smaller size, which runs as
  // a whole.
  static constexpr int32_t kCuts[kParts + 1] = {0, 3, 6, 10};
  static constexpr int32_t kReducedPart = 1;

  bool active() const { return next_ < kParts; }

  // Drop the detection that was begun.
  void cancel() { next_ = kParts; }

  // Begin with this frame; the first part is the next `advance`.
  void start(const Network& network, const DetectorSettings& settings, const ImageView& image,
             DetectorWorkspace* workspace);

  // Run the next part; true after the last one, with the detections in px of the frame it began with.
  bool advance(const Network& network, const DetectorSettings& settings, DetectorWorkspace* workspace,
               std::vector<Detection>* out);

 private:
  RunCache runs_;  // its own: others may detect in between
  int64_t height_ = 0, width_ = 0;
  int32_t next_ = kParts;
};

}  // namespace facesdk
