#include "pipeline/spread_detection.h"

#include "pipeline/detection_scale.h"

namespace facesdk {

void SpreadDetection::start(const Network& network, const DetectorSettings& settings, const ImageView& image,
                            DetectorWorkspace* w) {
  height_ = image.height, width_ = image.width;
  for (const DetectionScale& scale : {full_scale(settings.long_side), reduced_scale(settings.long_side)}) {
    fill_input(scale, image, w->ops, &scale_run(network, scale, height_, width_, &runs_));
  }
  next_ = 0;
}

bool SpreadDetection::advance(const Network& network, const DetectorSettings& settings, DetectorWorkspace* w,
                              std::vector<Detection>* out) {
  const DetectionScale full = full_scale(settings.long_side), reduced = reduced_scale(settings.long_side);
  NetworkRun& run = scale_run(network, full, height_, width_, &runs_);
  NetworkRun& small = scale_run(network, reduced, height_, width_, &runs_);
  for (int32_t part = kCuts[next_]; part < kCuts[next_ + 1]; ++part) run.run_part(part, kCuts[kParts]);
  // Two sizes of a small picture may be one: then one run is of both.
  if (next_ == kReducedPart && &small != &run) small.run(1);
  ++next_;
  if (active()) return false;
  out->clear();
  append_detections(network, run, full, height_, width_, settings.min_score, w, out);
  w->found.clear();
  append_detections(network, small, reduced, height_, width_, settings.min_score, w, &w->found);
  if (w->found.size() > 1) suppress(settings.max_overlap, w, &w->found);
  out->insert(out->end(), w->found.begin(), w->found.end());
  suppress(settings.max_overlap, w, out);
  sort_by_prominence(out);
  return true;
}

}  // namespace facesdk
