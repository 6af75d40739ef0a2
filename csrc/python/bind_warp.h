// What the crop shares with the network: both read a picture through an affine map.
#pragma once

#include "ops/warp/warp.h"
#include "python/check.h"

namespace facesdk::python {

// The picture and the checked inverse of the map (2, 3), picture px to crop px; the outputs are still to be
// set.
WarpParams warp_params(const View<uint8_t>& image, const View<float>& matrix);

}  // namespace facesdk::python
