// The caller's picture as the chain takes it: RGB, upright, rows without gaps.
#pragma once

#include "capi/memory.h"
#include "common/image_view.h"
#include "facesdk.h"

namespace facesdk::capi {

// Throws Error(kInvalidImage) naming the field that does not fit.
void check_image(const facesdk_image& image);

// The picture itself where it is so already, else converted into `room`. The image was checked.
ImageView upright_rgb(const facesdk_image& image, Bytes* room);

}  // namespace facesdk::capi
