// From the face frame to the camera and on to the picture (paper 1, equation 5), and back.
#pragma once

#include <cstdint>

namespace facesdk {

struct TransformParams {
  const float* verts;     // (V, 3) mm, face frame
  const float* rotation;  // (3, 3) row-major
  const float* shift;     // (3,) mm, camera frame
  int64_t num_verts;      // V
  float* out;             // (V, 3) mm, camera frame: rotation * v + shift
  int threads;
};

struct ProjectParams {
  const float* verts;       // (V, 3) mm, camera frame; for unproject: x px, y px, depth mm
  const float* intrinsics;  // (3, 3) row-major: focal lengths and principal point in px, last row 0 0 1
  int64_t num_verts;        // V
  float* out;               // (V, 3) x px, y px, depth mm; for unproject: mm, camera frame
  int threads;
};

void transform_cpu(const TransformParams& p);
void project_cpu(const ProjectParams& p);
void unproject_cpu(const ProjectParams& p);

}  // namespace facesdk
