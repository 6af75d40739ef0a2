// The caller's pictures: as the chain takes them (RGB, upright, rows without gaps), and to be drawn into.
#pragma once

#include "capi/memory.h"
#include "common/image_view.h"
#include "facesdk.h"
#include "pipeline/draw_shaded.h"

namespace facesdk::capi {

// Throws Error(kInvalidImage) naming the field that does not fit.
void check_image(const facesdk_image& image);

// The picture itself where it is so already, else converted into `room`. The image was checked.
ImageView upright_rgb(const facesdk_image& image, Bytes* room);

// The caller's picture to be drawn into, which must be of this size. Throws Error(kInvalidImage) naming the
// field that does not fit.
Canvas checked_canvas(const facesdk_canvas& canvas, int32_t width, int32_t height);

}  // namespace facesdk::capi
