// Occlusion: what lies in front of a face, and what of the face the picture therefore does not show (paper 2,
// section 3.1).
//
// The mask network predicts for each pixel of a face's crop whether something covers it. The face's outline
// comes from the mesh: its vertices are splatted into coarse cells.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/image_view.h"
#include "common/workspace.h"
#include "nn/inference.h"
#include "pipeline/camera.h"
#include "pipeline/face_region.h"
#include "pipeline/observation.h"

namespace facesdk {

constexpr int32_t kRegionCells = 44;  // per crop side, of the face's outline
constexpr int32_t kCovered = 128;     // chance from which on a pixel counts as covered, of 255

// What is painted where a face is covered, in the crop of its mask.
struct Completion {
  bool made = false;
  int32_t side = 0;                // S px
  std::vector<uint8_t> rgb;        // (S, S, 3), of use where generated
  std::vector<uint8_t> generated;  // (S, S) 1 where it replaces the picture
};

// What is known of the cover of one face.
struct Occlusion {
  bool measured = false;
  double share = 0.0;            // of the face's outline that is covered, 0..1
  float matrix[6] = {};          // (2, 3) px of the picture -> px of the mask
  std::vector<uint8_t> chance;   // (S, S) of being covered, in 255ths; means nothing outside the outline
  std::vector<uint8_t> outline;  // (kRegionCells, kRegionCells) 1 where the face is
  // Of what each expression moves (n_exp,), 0..1: the share that the picture shows; and that is not covered,
  // whether or not the head itself hides it.
  std::vector<float> observed, uncovered;
  Completion completion;
};

// The mask network and what the engine knows of the face's region. Immutable, shared by threads.
class OcclusionModel {
 public:
  // Throws Error(kAsset) where the network has no output "mask": logits (S / 2, S / 2, 4).
  OcclusionModel(std::shared_ptr<const Network> network, const FaceModel& model);

  const Network& network() const { return *network_; }
  const FaceRegion& region() const { return region_; }
  int32_t side() const { return network_->side(); }  // S px
  int32_t output() const { return output_; }

 private:
  std::shared_ptr<const Network> network_;
  FaceRegion region_;
  int32_t output_;
};

// Where the region's vertices of one face are.
struct PlacedFace {
  const CameraPose* pose;
  const float* intrinsics;     // (3, 3) px
  const float* verts_face_mm;  // (V, 3)
  int32_t num_expression;
  int64_t height, width;  // of the picture, px
};

// Working memory of one session.
struct OcclusionWorkspace {
  std::unique_ptr<NetworkRun> run;
  Workspace ops;
  std::vector<float> verts, points;      // (M, 3)
  std::vector<uint8_t> seen, uncovered;  // (M,)
  std::vector<uint8_t> cells;            // padded outline while it is closed
  std::vector<float> nearest;            // (kRegionCells, kRegionCells) depth mm
};

// Runs the mask network on the crop round the face's landmarks and measures.
void measure_occlusion(const OcclusionModel& model, const ImageView& image, const PlacedFace& face,
                       OcclusionWorkspace* workspace, Occlusion* out);

// The rest of `measure_occlusion`, from out->chance and out->matrix on.
void measure_cover(const FaceRegion& region, int32_t side, const PlacedFace& face,
                   OcclusionWorkspace* workspace, Occlusion* out);

// Which points (N, 3) x px, y px, depth mm the picture (height, width) would show if nothing of the head hid
// them: 1 where a point lies in it, within the face's crop, and is not covered; else 0. out: (N,).
void find_shown(const Occlusion& occlusion, int32_t side, int64_t height, int64_t width, const float* points,
                int64_t count, uint8_t* out);

// Px of the crop that lie within the face's outline and are covered: 1, else 0. out: (side, side).
void draw_crop_mask(const Occlusion& occlusion, int32_t side, std::vector<uint8_t>* out);

// Lets each pixel of a mask (side, side) become 1 where one within two px on each side is.
void widen_mask(int32_t side, std::vector<uint8_t>* mask, std::vector<uint8_t>* spare);

// Px of the picture (height, width) that lie within the face's outline and are covered: 1, else 0.
void draw_occlusion_mask(const Occlusion& occlusion, int32_t side, int64_t height, int64_t width,
                         uint8_t* out);

}  // namespace facesdk
