// Observations of the chain as arrays over all candidates.
#pragma once

#include "pipeline/regress.h"
#include "python/check.h"

namespace facesdk::python {

// What the network predicts for N crops: identity (N, n_id), albedo, expression, rotation (N, 3, 3),
// translation_mm (N, 3), sh (N, 9, 3); gray (N, S, S) but of mirrored crops; points (N, 68, 2),
// landmark_log_sigma (N, 68) and face_logit (N,) where it has these outputs.
Record predictions_to_dict(const Regressor& regressor, const ObservationList& faces);

// The same, with the detections (boxes_px, scores, five_points_px, detected_roll_deg; NaN where there is
// none), the crops (N, 4) x, y, side, roll_deg, the landmarks, their disagreement
// (NaN where unknown) and landmark_error where the network predicts it.
Record observations_to_dict(const Regressor& regressor, const ObservationList& faces);

}  // namespace facesdk::python
