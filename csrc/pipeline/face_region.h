// Face region: which vertices of a model show the face, and which of them each expression moves.
#pragma once

#include <cstdint>
#include <vector>

#include "assets/face_model.h"

namespace facesdk {

// The control vertices of the neutral face that lie above its jaw line, seen from the front: the outline of
// what a picture shows of a face, without the neck. Immutable after it is made, shared by threads.
class FaceRegion {
 public:
  explicit FaceRegion(const FaceModel& model);

  const std::vector<int32_t>& vertices() const { return vertices_; }  // (M,) of the mesh, rising

  // A share of what an expression moves.
  struct Moved {
    int32_t vertex;  // position in vertices()
    float weight;    // how far it is moved, mm
  };
  // What expression e moves: some of the vertices that go farthest.
  const Moved* moved(int32_t e) const { return moved_.data() + starts_[static_cast<size_t>(e)]; }
  int32_t moved_count(int32_t e) const {
    return starts_[static_cast<size_t>(e) + 1] - starts_[static_cast<size_t>(e)];
  }

 private:
  void choose_vertices(const FaceModel& model, const float* neutral);
  void choose_moved(const FaceModel& model, const float* neutral);

  std::vector<int32_t> vertices_;
  std::vector<Moved> moved_;
  std::vector<int32_t> starts_;  // (n_exp + 1,)
};

}  // namespace facesdk
