// Scene cut: whether a frame goes on with the last one's scene and faces.
//
// After a cut another face may be where the last one was, and a tracker that only asks whether a face is
// there stays with the number and the shape of the person before. A face that the camera or a quick move
// blurs looks changed, too, but not the whole picture at once.
#pragma once

#include <cstdint>

#include "common/image_view.h"
#include "pipeline/observation.h"

namespace facesdk {

constexpr int kThumbnailSide = 32;
constexpr int kThumbnailNumbers = 3 * kThumbnailSide * kThumbnailSide;

struct Thumbnail {
  int32_t cells[kThumbnailNumbers];  // (side, side, 3) RGB, sums over sampled pixels
};

// Each cell is the sum of 16 pixels that lie evenly in its part of the picture: a frame costs the same at any
// size.
void make_thumbnail(const ImageView& image, Thumbnail* thumbnail);

// Whether two frames show different scenes.
bool scene_changed(const Thumbnail& before, const Thumbnail& now);

// Whether the crops of two frames show one face, of size x size px: as they are or set upright by their
// landmarks.
bool looks_the_same(const FaceObservation& before, const FaceObservation& now, int32_t size);

}  // namespace facesdk
