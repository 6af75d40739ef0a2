// Detections from outside the engine, the caller's boxes or those of the caller's detector: checked, and
// equal ones made one.
#pragma once

#include <cstdint>
#include <vector>

#include "common/image_view.h"
#include "pipeline/observation.h"

namespace facesdk {

// From this overlap (intersection over union) on two boxes are one face: heads of two people do not share so
// much, even one behind the other.
constexpr float kEqualOverlap = 0.8f;

// Throws Error (kInvalidArgument) where a box, score, point or roll is not finite or out of range, or a box
// is empty; `name` is the argument's.
void check_detections(const std::vector<Detection>& detections, const char* name);

// The same, and throws where all boxes are within 0..1 though the picture is not: they look normalised. Then
// drops of boxes that are equal or nearly so all but the one of the highest score, of equal scores the first.
// The others keep their order.
void accept_detections(const ImageView& image, const char* name, std::vector<int32_t>* chosen,
                       std::vector<Detection>* detections);

}  // namespace facesdk
