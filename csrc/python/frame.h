// What one frame gave, as Python holds it: the engine's own arrays, read face by face.
//
// The mesh of a face is a view of them; what is small is copied when it is read, so that keeping the
// landmarks of many frames does not keep their meshes. When Python drops the frame and the views of it, the
// memory goes back to the session: in a loop over a video two frames take turns, and none allocates.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/frame.h"
#include "python/array.h"

namespace facesdk::python {

struct FrameMemory {
  FrameResult result;
  std::vector<Occlusion> occlusions;  // (N,) those of the result point into the session
};

// Memory of a frame that Python has dropped. Used by the thread that holds the interpreter's lock.
class SpareMemory {
 public:
  std::unique_ptr<FrameMemory> take() {
    return spare_ == nullptr ? std::make_unique<FrameMemory>() : std::move(spare_);
  }
  void give(std::unique_ptr<FrameMemory> memory) { spare_ = std::move(memory); }

 private:
  std::unique_ptr<FrameMemory> spare_;
};

class Frame {
 public:
  // `memory` goes back to `spare`; `mask_side` px of the occlusion masks.
  Frame(std::unique_ptr<FrameMemory> memory, std::shared_ptr<SpareMemory> spare, int32_t mask_side)
      : memory_(std::move(memory)), spare_(std::move(spare)), mask_side_(mask_side) {}
  ~Frame() { spare_->give(std::move(memory_)); }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  FrameResult& result() { return memory_->result; }
  const Occlusion& occlusion(size_t face) const { return memory_->occlusions[face]; }
  int32_t mask_side() const { return mask_side_; }

 private:
  std::unique_ptr<FrameMemory> memory_;
  std::shared_ptr<SpareMemory> spare_;
  int32_t mask_side_;
};

}  // namespace facesdk::python
