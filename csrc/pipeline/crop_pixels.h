// Crop pixels: the part of a picture that a network sees.
#pragma once

#include "common/image_view.h"
#include "common/workspace.h"
#include "pipeline/observation.h"

namespace facesdk {

// The crop of a picture, or its mirror image, at the size of `to`.
void warp_crop(const ImageView& image, const Crop& crop, bool mirrored, const PixelBuffer& to,
               Workspace* workspace);

}  // namespace facesdk
