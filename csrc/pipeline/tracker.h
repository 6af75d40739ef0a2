// Tracker: faces followed through a video, each from where its landmarks were in the last frame.
//
// One inference pass per face and frame gives its coefficients and whether it is still there. The detector
// runs at once only where no face is tracked; the search for others is spread over the frames. A person does
// not change shape: identity and albedo are averages over the track; the averages in use are renewed at frame
// 1, 2, 4, 8, ..., then every 32 frames, so that what depends on them can be kept between. A cut to another
// person ends a track: the next one has a new number and no memory.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/engine.h"
#include "pipeline/face_search.h"
#include "pipeline/frame.h"
#include "pipeline/observe.h"
#include "pipeline/scene_cut.h"
#include "pipeline/track.h"

namespace facesdk {

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
  void find_given(const Engine& engine, const FrameInput& input, bool lost, ObserveWorkspace* workspace,
                  StageClock* clock);
  void find(const Engine& engine, const FrameInput& input, bool lost, ObserveWorkspace* workspace,
            StageClock* clock);
  void add_fresh(const Engine& engine);
  void add(const Engine& engine, FaceObservation* face);
  static void take(const Engine& engine, FaceObservation* face, Track* track);

  std::vector<Track> tracks_;  // the first count_ of them; the others keep their memory
  size_t count_ = 0;
  int64_t next_number_ = 0;
  int64_t since_detection_ = 0;  // frames, of the caller's detector
  bool first_frame_ = true;
  FaceSearch search_;
  ObservationList seen_;
  Thumbnail thumbnail_{}, last_thumbnail_{};
};

}  // namespace facesdk
