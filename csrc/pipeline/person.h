// Person: what several photos or frames say of one person's shape and albedo, as means over them.
#pragma once

#include <vector>

#include "pipeline/observation.h"
#include "pipeline/refine.h"

namespace facesdk {

// How much an observation says of the person: less in profile, where half of the face is hidden, and less
// where the network's predictions disagree. At least 0.02.
double person_weight(const FaceObservation& face);

// Means of identity (n_id,) and albedo (n_tex,), weighted.
struct PersonMean {
  std::vector<float> identity, albedo;
  double weight = 0.0;

  // With a `memory`, what came before weighs at most as much.
  void add(const FaceObservation& face, double of_face, double memory);
};

// Gives an observation the person's identity and albedo, and moves its pose and expression so that its
// landmarks stay where they were as far as they can.
void fit_to_person(const FaceModel& model, double focal_ratio, const PersonMean& person,
                   RefineWorkspace* workspace, FaceObservation* face);

}  // namespace facesdk
