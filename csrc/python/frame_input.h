// A picture and detections from Python: what the stages of the chain take.
#pragma once

#include <pybind11/stl.h>

#include <optional>
#include <vector>

#include "pipeline/frame.h"
#include "python/check.h"

namespace facesdk::python {

using Image = Bytes<'H', 'W', 3>;

// Boxes, scores, points and rolls of the caller's own detector; None: it has no points, no rolls.
using GivenDetections = py::typing::Tuple<Floats<'N', 4>, Floats<'N'>, std::optional<Floats<'N', 5, 2>>,
                                          std::optional<Floats<'N'>>>;

// The image must have sides of 1 to 2^20 px, and outlive the view.
ImageView to_image(const Image& image);

// Whether an object is an array that `to_image` takes as it is: of NumPy's own class, in C order, of 1 to
// `max_pixels` px.
bool is_picture(py::handle image, double max_pixels);

std::vector<Detection> to_detections(const GivenDetections& given);

}  // namespace facesdk::python
