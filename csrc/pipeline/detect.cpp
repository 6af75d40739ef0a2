#include "pipeline/detect.h"

#include <algorithm>

#include "pipeline/detection_scale.h"

namespace facesdk {
namespace {

constexpr float kCertain = 0.8f;  // score of a face that needs no second inference pass
constexpr double kRetryZoom = 1.6;

// Adds the faces of one size.
void detect_at(const Network& network, const ImageView& image, const DetectionScale& scale, float min_score,
               DetectorWorkspace* w, std::vector<Detection>* out) {
  NetworkRun& run = scale_run(network, scale, image.height, image.width, &w->runs);
  fill_input(scale, image, w->ops, &run);
  run.run(1);
  append_detections(network, run, scale, image.height, image.width, min_score, w, out);
}

// The larger faces, at a smaller size.
void detect_reduced(const Network& network, const DetectorSettings& settings, const ImageView& image,
                    const DetectionScale& scale, float min_score, DetectorWorkspace* w,
                    std::vector<Detection>* out) {
  out->clear();
  detect_at(network, image, scale, min_score, w, out);
  if (out->size() > 1) suppress(settings.max_overlap, w, out);
}

// Both sizes for a given long side, joined.
void detect_both(const Network& network, const DetectorSettings& settings, const ImageView& image,
                 int64_t side, DetectorWorkspace* w, std::vector<Detection>* out) {
  if (settings.single && side == settings.long_side) {
    detect_reduced(network, settings, image, coarse_scale(side / 2), settings.min_score, w, out);
    for (const Detection& face : *out) {
      if (face.score >= kCertain) return;
    }
  }
  detect_reduced(network, settings, image, reduced_scale(side), settings.min_score, w, &w->found);
  out->clear();
  detect_at(network, image, full_scale(side), settings.min_score, w, out);
  out->insert(out->end(), w->found.begin(), w->found.end());
  suppress(settings.max_overlap, w, out);
}

}  // namespace

void detect(const Network& network, const DetectorSettings& settings, const ImageView& image,
            DetectorWorkspace* workspace, std::vector<Detection>* out) {
  detect_both(network, settings, image, settings.long_side, workspace, out);
  if (settings.retry && out->empty()) {
    const auto side = static_cast<int64_t>(static_cast<double>(settings.long_side) * kRetryZoom);
    detect_both(network, settings, image, side, workspace, out);
  }
  sort_by_prominence(out);
}

void detect_fast(const Network& network, const DetectorSettings& settings, const ImageView& image,
                 DetectorWorkspace* workspace, std::vector<Detection>* out) {
  detect_reduced(network, settings, image, coarse_scale(settings.long_side / 2),
                 std::max(kCertain, settings.min_score), workspace, out);
  sort_by_prominence(out);
}

}  // namespace facesdk
