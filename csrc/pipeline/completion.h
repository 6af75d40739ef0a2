// Completion: the picture of a face where something covers it (paper 2, section 3.2). One network draws the
// contours of what is covered (N_cont), another paints it along them (N_syn).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/image_view.h"
#include "common/workspace.h"
#include "nn/inference.h"
#include "pipeline/draw_shaded.h"
#include "pipeline/occlusion.h"

namespace facesdk {

// Share of a face that is covered, from which on it is completed where this is left to the engine.
constexpr double kCompletedFrom = 0.1;

// Both networks. Immutable, shared by threads.
class CompletionModel {
 public:
  // Throws Error(kAsset) where `contours` has no output "contours", logits (S, S, 1), `picture` none
  // "picture", RGB (S, S, 3) in 0..1, or a side is not that of the masks.
  CompletionModel(std::shared_ptr<const Network> contours, std::shared_ptr<const Network> picture,
                  int32_t mask_side);

  const Network& contours() const { return *contours_; }
  const Network& picture() const { return *picture_; }
  int32_t side() const { return picture_->side(); }  // S px
  int32_t contours_output() const { return contours_output_; }
  int32_t picture_output() const { return picture_output_; }

 private:
  std::shared_ptr<const Network> contours_, picture_;
  int32_t contours_output_, picture_output_;
};

// Working memory of one session.
struct CompletionWorkspace {
  std::unique_ptr<NetworkRun> contours, picture;
  Workspace ops;
  std::vector<uint8_t> mask, wide;   // (S, S) 1 where covered; the same while it is widened
  std::vector<uint8_t> gray, lines;  // (S, S) gray levels, and 1 on a contour
};

// Runs both networks on the crop of a measured occlusion and keeps what they paint. A face of which nothing
// is covered is left as it is.
void complete_crop(const CompletionModel& model, const ImageView& image, const Occlusion& occlusion,
                   CompletionWorkspace* workspace, Completion* out);

// Paints what a face's completion generates over a picture, with a soft edge; depth is not looked at.
// matrix: (2, 3) px of the picture -> px of the crop. generated: (height, width), receives 1 where the
// picture is painted, other values stay; null: not wanted.
void paint_completion(const Completion& completion, const float* matrix, const Canvas& canvas,
                      uint8_t* generated);

}  // namespace facesdk
