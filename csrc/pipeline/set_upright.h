// Set upright: where the network is unsure of what a crop shows, the crop turned by quarters may show a face.
//
// The detector's roll is learned on heads that lean, and is wrong by 90 or 180 degrees for most faces that
// lie or stand on their head. Turned right, the network is as sure of them as of any other.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/regress.h"

namespace facesdk {

constexpr int kQuarterTurns = 3;
constexpr int32_t kMostTurned = 4;  // candidates of a picture, for each costs three inference passes

struct TurnWorkspace {
  std::vector<int32_t> doubtful;
  ObservationList turned;
};

// Whether the network is sure enough of its landmarks.
bool may_be_upright(const FaceObservation& face);

// After the first inference pass: turns the crops of those candidates of whose landmarks the network is
// unsure, and keeps the turn of which it is sure. Beside a face that it is sure of, only candidates of at
// least `min_score` are turned.
void set_upright(const ImageView& image, float min_score, RegressorRuns* regressor, TurnWorkspace* workspace,
                 ObservationList* faces);

}  // namespace facesdk
