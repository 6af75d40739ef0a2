// One of the sizes at which a picture is given to the detector: filling the network's input and reading its
// output, so that the run between them can be spread over frames.
#pragma once

#include <cstdint>
#include <vector>

#include "common/image_view.h"
#include "nn/inference.h"
#include "pipeline/detect.h"

namespace facesdk {

struct DetectionScale {
  int64_t side;             // px, long side of the picture as the network sees it
  float smallest, largest;  // sqrt(w * h) of the faces taken from it, px of the network's input
};

DetectionScale full_scale(int64_t side);

// The larger faces of a full detection at that side, at a third of it.
DetectionScale reduced_scale(int64_t side);

// All faces that are not small, at a given side.
DetectionScale coarse_scale(int64_t side);

// The run for a picture of this size, prepared where `runs` has none. Throws Error(kAsset) where the network
// takes pictures of one size only.
NetworkRun& scale_run(const Network& network, const DetectionScale& scale, int64_t height, int64_t width,
                      RunCache* runs);

// Resizes the picture into the run's input.
void fill_input(const DetectionScale& scale, const ImageView& image, Workspace& ops, NetworkRun* run);

// Appends the detections of the finished run, in px of a picture height x width.
void append_detections(const Network& network, const NetworkRun& run, const DetectionScale& scale,
                       int64_t height, int64_t width, float min_score, DetectorWorkspace* workspace,
                       std::vector<Detection>* out);

// Keeps what non-maximum suppression keeps, in its order.
void suppress(float max_overlap, DetectorWorkspace* workspace, std::vector<Detection>* detections);

// Sorts by score times size, the most prominent first.
void sort_by_prominence(std::vector<Detection>* faces);

}  // namespace facesdk
