// Non-maximum suppression of boxes.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/observation.h"

namespace facesdk {

// Numbers of the detections that are kept, highest score first: each overlaps every one kept before it by at
// most `overlap` (intersection over union). Of equal scores the earlier one comes first.
void non_max_suppression(const std::vector<Detection>& detections, float overlap, std::vector<int32_t>* kept);

}  // namespace facesdk
