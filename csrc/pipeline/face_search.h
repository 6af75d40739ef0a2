// Face search: find the faces that enter a video, spread over its frames so that none takes much longer than
// another.
//
// A detection is spread over three frames (spread_detection.h). Its candidates beside the followed faces are
// then verified, two inference passes a frame: the first pass of two candidates, or the turned, the further
// and the mirrored ones of a single one. What was rejected lately is not verified again. The next search
// begins `detection_interval` frames after the last one began, and drops weak candidates that are left over.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/engine.h"
#include "pipeline/observe.h"
#include "pipeline/spread_detection.h"
#include "pipeline/track.h"

namespace facesdk {

class FaceSearch {
 public:
  // Forget everything: the next frame is of another video or scene.
  void reset();

  // Begin the next search as soon as the one in progress is done.
  void hurry() { since_start_ = kLongAgo; }

  // One frame's share of the work; `found` gets the verified faces that are not followed yet, mostly none.
  void step(const Engine& engine, const ImageView& image, const Followed& followed,
            ObserveWorkspace* workspace, StageClock* clock, ObservationList* found);

 private:
  struct Rejected {
    Detection detection;
    int64_t frame;
  };
  static constexpr size_t kAtOnce = 2;  // candidates in verification
  static constexpr int64_t kLongAgo = int64_t{1} << 40;

  void make_room(const Engine& engine, ObserveWorkspace* workspace);
  void end_search();
  void drop_weak(float min_score);
  void enqueue(const Engine& engine, const Followed& followed, ObserveWorkspace* w);
  bool rejected_lately(const Detection& detection) const;
  void reject(const Detection& detection);
  void verify_first(const Engine& engine, const ImageView& image, ObserveWorkspace* w, StageClock* clock,
                    ObservationList* found);
  void verify_further(const Engine& engine, const ImageView& image, bool any_followed, ObserveWorkspace* w,
                      StageClock* clock, ObservationList* found);
  void accept(FaceObservation* face, ObservationList* found);

  SpreadDetection detection_;
  std::vector<Detection> queue_;  // from next_ on: still to be verified, strong ones first
  size_t next_ = 0;
  ObservationList pending_;  // those whose first pass is done; the first one is next
  bool turned_ = false;      // whether its crop was set upright
  ObservationList single_;
  ObservationList last_resort_;  // the likeliest of the rejected ones, for where no face is followed
  std::vector<Rejected> rejected_;
  int64_t height_ = 0, width_ = 0;
  int64_t frame_ = 0, since_start_ = kLongAgo;
};

}  // namespace facesdk
