#include "pipeline/given_detections.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "common/error.h"
#include "pipeline/non_max_suppression.h"

namespace facesdk {
namespace {

constexpr float kMostPx = 1e6f;       // of a coordinate; the longest side of a picture is 65,535 px
constexpr float kMostRollDeg = 3600;  // of a roll
constexpr int64_t kFewPixels = 4;  // of a picture's longer side, up to which a box of one pixel may be meant
constexpr float kNormalisedEnd = 0.5f;  // by which normalised boxes may reach over the border

[[noreturn]] void refuse(const char* name, const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, std::string(name) + ": " + what);
}

std::string text_of(const float* box) {
  char out[96];
  std::snprintf(out, sizeof out, "%g, %g, %g, %g", static_cast<double>(box[0]), static_cast<double>(box[1]),
                static_cast<double>(box[2]), static_cast<double>(box[3]));
  return out;
}

// NaN fails every comparison, so it is out of range too.
bool in_range(const float* values, int count, float most) {
  return std::all_of(values, values + count, [most](float value) { return std::fabs(value) <= most; });
}

void check(const Detection& face, const char* name) {
  if (!in_range(face.box, 4, kMostPx)) {
    refuse(name,
           "got the box " + text_of(face.box) + ", expected finite numbers within 1e6 px of the picture");
  }
  if (!(face.box[0] < face.box[2] && face.box[1] < face.box[3])) {
    refuse(name, "got the box " + text_of(face.box) +
                     ", which is empty or turned round, expected x0 < x1 and y0 < y1");
  }
  if (!(face.score >= 0.0f && face.score <= 1.0f)) {
    refuse(name, "got the score " + std::to_string(face.score) + " of a box, expected 0 to 1");
  }
  if (face.has_points && !in_range(face.points, 10, kMostPx)) {
    refuse(name, "got points of a box that are not finite or beyond 1e6 px, expected (5, 2) px");
  }
  if (face.has_roll && !(std::fabs(face.roll_deg) <= kMostRollDeg)) {
    refuse(name, "got the roll_deg " + std::to_string(face.roll_deg) + " of a box, expected -3600 to 3600");
  }
}

bool looks_normalised(const Detection& face) {
  return std::all_of(face.box, face.box + 4,
                     [](float value) { return value >= -kNormalisedEnd && value <= 1.0f + kNormalisedEnd; });
}

}  // namespace

void check_detections(const std::vector<Detection>& detections, const char* name) {
  for (const Detection& face : detections) check(face, name);
}

void accept_detections(const ImageView& image, const char* name, std::vector<int32_t>* chosen,
                       std::vector<Detection>* detections) {
  check_detections(*detections, name);
  if (!detections->empty() && std::max(image.width, image.height) > kFewPixels &&
      std::all_of(detections->begin(), detections->end(), looks_normalised)) {
    refuse(
        name,
        "got the box " + text_of((*detections)[0].box) + " in a picture of " + std::to_string(image.width) +
            " x " + std::to_string(image.height) +
            " px: it looks normalised to 0..1, expected pixels; multiply x by the width and y by the height");
  }
  if (detections->size() < 2) return;
  non_max_suppression(*detections, kEqualOverlap, chosen);
  std::sort(chosen->begin(), chosen->end());
  for (size_t i = 0; i < chosen->size(); ++i) {
    (*detections)[i] = (*detections)[static_cast<size_t>((*chosen)[i])];
  }
  detections->resize(chosen->size());
}

}  // namespace facesdk
