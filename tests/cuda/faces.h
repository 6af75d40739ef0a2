// Meshes for the tests of kernels: several faces of one topology.
#pragma once

#include "support.h"

namespace facesdk::test {

struct Faces {
  Mesh mesh;                 // of the first
  int64_t count;             // F
  std::vector<float> verts;  // (F, V, 3) mm
};

// A tube and copies of it that are moved and bent a little.
inline Faces bent_tubes(int rings, int segments, int64_t count, uint32_t seed) {
  Random random(seed);
  Faces made{tube(rings, segments), count, {}};
  for (int64_t face = 0; face < count; ++face) {
    for (const float v : made.mesh.verts) made.verts.push_back(v + random.uniform(-1.5f, 1.5f));
  }
  return made;
}

// `values` of one face of several.
template <typename T>
const T* of_face(const std::vector<T>& values, int64_t face, int64_t count) {
  return values.data() + values.size() / static_cast<size_t>(count) * static_cast<size_t>(face);
}
template <typename T>
T* of_face(std::vector<T>& values, int64_t face, int64_t count) {
  return values.data() + values.size() / static_cast<size_t>(count) * static_cast<size_t>(face);
}

}  // namespace facesdk::test
