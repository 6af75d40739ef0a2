// Settings of an engine; their ranges are checked when it is made.
#pragma once

#include <cstdint>

namespace facesdk {

// What is done about that which covers a face.
enum class Deocclude : int32_t {
  kOff = 0,     // nothing is measured
  kAuto = 1,    // the mask network runs; where it marks enough of a face, the face is completed
  kAlways = 2,  // every face of which it marks something is completed
};

struct EngineOptions {
  int32_t max_faces = 16;           // 1..1000; the largest and surest faces are kept
  float min_detector_score = 0.5f;  // 0..1
  float min_face_px = 0.0f;         // 0..10000, sqrt(w * h) of a detection's box
  double field_of_view_deg = 40.0;  // 10..150, long side of the picture; where no intrinsics are given
  int32_t passes = 2;               // 1..3 inference passes per photo, each from the last one's landmarks
  int32_t threads = 1;              // 1..256
  // 1..10000 frames of a video from the start of a search for new faces to that of the next, while fewer than
  // max_faces are followed. A face is found four frames after the start at most: so with 7 within 10 frames.
  int32_t detection_interval = 7;
  Deocclude deocclude = Deocclude::kOff;
};

}  // namespace facesdk
