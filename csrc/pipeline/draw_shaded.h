// Shade and rasterize: a mesh's albedo under its light (paper 1, equation 6) over a picture, in place.
#pragma once

#include <cstdint>

#include "common/workspace.h"
#include "ops/shade_and_project/shade_and_project.h"

namespace facesdk {

constexpr int32_t kMostCanvasPx = 32767;  // of a side: the rasterizer's limit

// Pixels of somebody else's picture.
struct Canvas {
  uint8_t* pixels;  // null: depth alone is wanted
  int64_t row_bytes;
  int32_t pixel_bytes;    // 3, or 4 with alpha in the last, which becomes 255 where the mesh is
  int32_t red, blue;      // their places in a pixel; green is at 1
  int32_t height, width;  // px, 1 to kMostCanvasPx
  float* depth_mm;  // (H, W), 0 where empty; null if there is none. The mesh hides what is behind it, and
                    // is hidden by what is before it
};

// mesh: points and colors are not used. False, with a picture that is unchanged, where an index of its
// triangles is not in 0 .. V - 1.
bool draw_shaded(const ShadeAndProjectParams& mesh, const Canvas& canvas, Workspace& workspace);

}  // namespace facesdk
