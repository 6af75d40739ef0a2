#include "pipeline/non_max_suppression.h"

#include <algorithm>

namespace facesdk {
namespace {

double intersection_over_union(const float* a, const float* b) {
  const double width = std::min<double>(a[2], b[2]) - std::max<double>(a[0], b[0]);
  const double height = std::min<double>(a[3], b[3]) - std::max<double>(a[1], b[1]);
  if (!(width > 0.0 && height > 0.0)) return 0.0;
  const double shared = width * height;
  const auto area = [](const float* box) {
    return (static_cast<double>(box[2]) - box[0]) * (static_cast<double>(box[3]) - box[1]);
  };
  return shared / (area(a) + area(b) - shared);
}

}  // namespace

void non_max_suppression(const std::vector<Detection>& detections, float overlap,
                         std::vector<int32_t>* kept) {
  kept->resize(detections.size());
  for (size_t i = 0; i < kept->size(); ++i) (*kept)[i] = static_cast<int32_t>(i);
  const auto at = [&](int32_t i) -> const Detection& { return detections[static_cast<size_t>(i)]; };
  // The number breaks ties: a stable sort would ask for memory.
  std::sort(kept->begin(), kept->end(), [&](int32_t a, int32_t b) {
    return at(a).score != at(b).score ? at(a).score > at(b).score : a < b;
  });
  size_t count = 0;
  for (const int32_t candidate : *kept) {
    bool apart = true;
    for (size_t i = 0; i < count && apart; ++i) {
      apart = intersection_over_union(at(candidate).box, at((*kept)[i]).box) <= overlap;
    }
    if (apart) (*kept)[count++] = candidate;
  }
  kept->resize(count);
}

}  // namespace facesdk
