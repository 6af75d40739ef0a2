#include "pipeline/crop_pixels.h"

#include "ops/warp/warp.h"
#include "ops/warp/warp_math.h"
#include "pipeline/align.h"

namespace facesdk {
namespace {

// (2, 3) picture -> crop becomes crop -> picture.
void invert(const float* m, double* out) {
  const double a = m[0], b = m[1], c = m[3], d = m[4], scale = 1.0 / (a * d - b * c);
  out[0] = d * scale, out[1] = -b * scale, out[3] = -c * scale, out[4] = a * scale;
  out[2] = -(out[0] * m[2] + out[1] * m[5]);
  out[5] = -(out[3] * m[2] + out[4] * m[5]);
}

}  // namespace

void warp_by_matrix(const ImageView& image, const float* matrix, const PixelBuffer& to,
                    Workspace* workspace) {
  WarpParams p{};
  p.image = image.pixels, p.height = image.height, p.width = image.width;
  invert(matrix, p.inverse);
  p.size = to.width;
  p.factor = warp_factor(p.inverse);
  p.pixels = to.pixels, p.row_bytes = to.row_bytes, p.pixel_bytes = 4;
  p.threads = 1;
  reserve_warp(p.size, p.width, *workspace);
  warp_cpu(p, *workspace);
}

void warp_crop(const ImageView& image, const Crop& crop, bool mirrored, const PixelBuffer& to,
               Workspace* workspace) {
  float matrix[6];
  crop_matrix(crop, to.width, mirrored, matrix);
  warp_by_matrix(image, matrix, to, workspace);
}

}  // namespace facesdk
