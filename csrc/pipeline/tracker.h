// Tracker: faces followed through a video, each from where its landmarks were in the last frame.
//
// One inference pass per face and frame gives its coefficients and whether it is still there. The detector
// runs only where no face is tracked, where one was lost, and now and then for new ones. A person does not
// change shape: identity and albedo are averages over the track; the averages in use are renewed at frame 1,
// 2, 4, 8, ..., then every 32 frames, so that what depends on them can be kept between. A cut to another
// person ends a track: the next one has a new number and no memory.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/engine.h"
#include "pipeline/frame.h"
#include "pipeline/observe.h"
#include "pipeline/scene_cut.h"

namespace facesdk {

struct Track {
  FaceObservation observation;                // of the last frame
  std::vector<float> identity, albedo;        // the averages in use
  std::vector<float> identity_mesh, scratch;  // control vertices of that identity, and memory to make them
  std::vector<float> identity_mean, albedo_mean;
  int64_t frames = 0;
  double weight = 0.0;
  Occlusion occlusion;  // as it was measured last
  bool looked = false;  // whether it was measured in the last frame
  // Expressions (n_exp,): of the last frame as the network predicts it; as it was where a look last found its
  // part of the face free; and of both what is given out.
  std::vector<float> predicted, confirmed, given;
};

// Whether a track's cover is to be measured in this frame: in its first, then in every sixth, those of
// several tracks in turn.
bool occlusion_is_due(const Track& track);

// The expression (n_exp,) of a track's frame: weights whose part of the face is covered stay what they were
// when a look last found it free, for the network guesses them anew in every frame. Call it once a frame.
const float* hold_covered(Track* track);

// What is remembered of one video; belongs to one session.
class Tracker {
 public:
  // Forget all faces: the next frame is of another video. Numbers go on.
  void reset();

  // The tracks of the next frame, those followed longest first.
  void update(const Engine& engine, const FrameInput& input, ObserveWorkspace* workspace, StageClock* clock);

  size_t size() const { return count_; }
  Track& operator[](size_t i) { return tracks_[i]; }

 private:
  void follow(const Engine& engine, const ImageView& image, bool cut, ObserveWorkspace* workspace,
              StageClock* clock);
  void find(const Engine& engine, const FrameInput& input, ObserveWorkspace* workspace, StageClock* clock);
  void add(const Engine& engine, FaceObservation* face);
  static void take(const Engine& engine, FaceObservation* face, Track* track);

  std::vector<Track> tracks_;  // the first count_ of them; the others keep their memory
  size_t count_ = 0;
  int64_t next_number_ = 0;
  int64_t since_detection_ = kDetectionInterval;  // frames
  ObservationList seen_;
  Thumbnail thumbnail_{}, last_thumbnail_{};

  static constexpr int64_t kDetectionInterval =
      30;  // frames between two searches while fewer than max_faces are there
};

}  // namespace facesdk
