// Align: from a detection or from landmarks to the square, upright crop that the network sees.
#pragma once

#include "pipeline/observation.h"

namespace facesdk {

constexpr double kMargin = 1.45;  // side of the crop over the longer side of the box round the 68 landmarks

// Box of the 68 landmarks from a detection's box, in an upright frame: its longer side over the geometric
// mean of the detection's sides, and how far below the detection's centre it lies, in the same unit. Medians
// over 900 training photos, the same from frontal to profile; the second pass corrects the rest.
constexpr double kDetectionToLandmarks = 0.90, kDetectionShiftDown = 0.135;

// How far a face's box reaches above the brows, over the height of the landmarks: a median of training
// scenes.
constexpr double kForehead = 0.31;

// The crop of a detection: its box gives size and place, its roll or its five points the rotation.
Crop crop_from_detection(const Detection& detection);

// The crop round the box of 68 landmarks (68, 2) px, upright by the line from the mouth to the eyes.
Crop crop_from_landmarks(const float* landmarks_px);

// The same, upright by a given roll.
Crop crop_from_landmarks(const float* landmarks_px, double roll_deg);

// (2, 3) row-major: px of the picture -> px of the crop, size x size; or of the crop mirrored left to right.
void crop_matrix(const Crop& crop, int32_t size, bool mirrored, float* matrix);

}  // namespace facesdk
