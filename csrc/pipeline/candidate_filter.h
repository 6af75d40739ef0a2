// Candidate filter: reject false positives of the detector by what the network predicts for them.
//
// The network predicts whether a crop shows a face (face_logit, learned from the detector's false positives).
// It also predicts the 68 landmarks in two ways, in a photo once more for the mirrored crop. On a face all
// agree to about one per cent of the crop; on false positives the predictions disagree. With the score, the
// size and the place of the landmarks this separates faces far better than the score alone, so the detector
// may return weaker candidates.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/observation.h"

namespace facesdk {

constexpr float kCandidateScore = 0.3f;  // a candidate's least score, over the score asked of a face
constexpr double kSmallPx = 14.0, kLargePx = 96.0;  // sizes of a box beyond which size counts no more
constexpr double kUsualError = 0.017;               // landmark_error of a face: one without it loses nothing
constexpr double kMostLogit = 4.0;  // face_logit counts from 0 to this; below, landmark_error says more
// Weak candidates (below the score asked of a face) that get an inference pass: so many for each strong one,
// but always a few. Chosen on 239 training scenes: 5 of their 580 labelled faces are lost by it and by
// `drop_hopeless`, and a picture costs 20 network runs in place of 55.
constexpr int32_t kWeakPerStrong = 4, kLeastWeak = 7;
constexpr int32_t kCandidatesPerFace = 4;  // of the faces asked for: bounds the time that a crowd can take

// Whether score and face_logit after the first pass leave no hope of a face.
bool is_hopeless(const FaceObservation& face);

// Keeps the candidates worth another inference pass: those whose first face_logit is not hopeless; where
// there are none, the three most hopeful.
void drop_hopeless(ObservationList* candidates, std::vector<int32_t>* chosen);

// Keeps the candidates that show a face with a probability of at least `min_score`, each face once, in their
// order. Where a face's landmarks were predicted in several ways its score becomes that probability, and its
// box that of its landmarks. Where no candidate reaches `min_score`, the best one is kept if it reaches a
// fifth of it without much uncertainty: a picture is more often of a hard face than of none.
void filter_candidates(float min_score, ObservationList* candidates, std::vector<int32_t>* chosen);

// Logistic regression: detector's score 0..1, disagreement in crop sides, sqrt(w * h) px of its box,
// intersection over union of that box and the landmarks', face_logit (0 where the network has none),
// landmark_error (0 where the network predicts none).
double face_probability(double score, double disagreement, double size_px, double overlap, double face_logit,
                        double landmark_error);

// Whether two sets of landmarks (68, 2) are of one face: half of the smaller one's box lies in the other's.
bool same_face(const float* a, const float* b);

// Whether a tracker stays with a face.
bool is_tracked(const FaceObservation& face);

// Box x0, y0, x1, y1 from forehead to chin of 68 landmarks (68, 2) px.
void face_box(const float* landmarks_px, float* box);

}  // namespace facesdk
