// Session: the working memory of one thread or one video, and the chain from picture to faces.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "pipeline/build_result.h"
#include "pipeline/engine.h"
#include "pipeline/frame.h"
#include "pipeline/observe.h"
#include "pipeline/person.h"
#include "pipeline/tracker.h"

namespace facesdk {

class Session {
 public:
  explicit Session(std::shared_ptr<const Engine> engine) : engine_(std::move(engine)), observe_(*engine_) {}

  const Engine& engine() const { return *engine_; }

  // All faces of one picture, largest and surest first.
  const FrameResult& reconstruct(const FrameInput& input);

  // Several photos of one person: of each the first face, if it has any, all with the person's identity and
  // albedo. The results' occlusions point into it.
  struct PersonResult {
    PersonMean mean;  // of weight 0 where no photo has a face
    std::vector<FrameResult> photos;
    std::vector<Occlusion> occlusions;
  };
  PersonResult reconstruct_person(const std::vector<FrameInput>& photos);

  // All faces of the next frame of a video, those followed longest first; each has a number that stays.
  const FrameResult& track(const FrameInput& input);

  // Takes the last frame's result in exchange for memory that the next one may use.
  void exchange_result(FrameResult* memory) { std::swap(result_, *memory); }

  // What the chain predicts for the candidates of one picture before a mesh is made; with `verify` those that
  // the candidate filter keeps.
  const ObservationList& observe(const FrameInput& input, bool verify);

  // Faces that are followed.
  int64_t tracks() const { return static_cast<int64_t>(tracker_.size()); }

  // The next frame is of another video.
  void reset() { tracker_.reset(); }

 private:
  std::shared_ptr<const Engine> engine_;
  ObserveWorkspace observe_;
  ObservationList faces_;
  Tracker tracker_;
  ResultWorkspace build_;
  FrameResult result_;
};

}  // namespace facesdk
