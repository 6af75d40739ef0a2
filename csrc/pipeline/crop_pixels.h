// Crop pixels: the part of a picture that a network sees.
#pragma once

#include "common/image_view.h"
#include "common/workspace.h"
#include "pipeline/observation.h"

namespace facesdk {

// The square of a picture that a matrix (2, 3), px of the picture -> px of `to`, puts there.
void warp_by_matrix(const ImageView& image, const float* matrix, const PixelBuffer& to, Workspace* workspace);

// The crop of a picture, or its mirror image, at the size of `to`.
void warp_crop(const ImageView& image, const Crop& crop, bool mirrored, const PixelBuffer& to,
               Workspace* workspace);

}  // namespace facesdk
