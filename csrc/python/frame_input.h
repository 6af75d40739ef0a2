// A picture and detections from Python: what the stages of the chain take.
#pragma once

#include <vector>

#include "pipeline/frame.h"
#include "python/check.h"

namespace facesdk::python {

// An image (H, W, 3) uint8 with sides of 1 to 2^20 px, which must outlive the view.
ImageView to_image(py::handle image);

// (boxes (N, 4), scores (N,), points (N, 5, 2) or None, rolls (N,) or None), float32, of the caller's own
// detector.
std::vector<Detection> to_detections(const py::tuple& given);

}  // namespace facesdk::python
