#include "cuda/launch.h"
#include "ops/warp/warp_cuda.h"

namespace facesdk {
namespace {

// One channel of a cell of the window; black outside of it. A cell is the mean of its pixels, and read by a
// few neighbours: cheaper than a reduced picture in between.
__device__ uint8_t cell_or_black(const WarpParams& p, const WarpCrop& crop, int64_t x, int64_t y,
                                 int channel) {
  const int64_t cell_x = crop.window.x0 + x, cell_y = crop.window.y0 + y;
  if (x < 0 || y < 0 || cell_x >= crop.window.x1 || cell_y >= crop.window.y1) return 0;
  if (crop.factor == 1) return pixel_or_black(p.image, p.height, p.width, cell_x, cell_y, channel);
  const int64_t left = cell_x * crop.factor, top = cell_y * crop.factor;
  const int64_t right = left + crop.factor < p.width ? left + crop.factor : p.width;
  const int64_t bottom = top + crop.factor < p.height ? top + crop.factor : p.height;
  uint32_t sum = 0;
  for (int64_t v = top; v < bottom; ++v) {
    for (int64_t u = left; u < right; ++u) sum += p.image[3 * (v * p.width + u) + channel];
  }
  const uint32_t count = static_cast<uint32_t>(crop.factor * crop.factor);
  return mean_byte(sum, count, inverse_of_count(count));
}

__global__ void warp(WarpParams p, const WarpCrop* crops) {
  const int64_t pixel = thread_number(), pixels = p.size * p.size, face = face_number();
  if (pixel >= pixels) return;
  const WarpCrop& crop = crops[face];
  const int64_t row = pixel / p.size, column = pixel % p.size;
  const WarpRow start = warp_row(crop.inverse, 0.0, static_cast<double>(row));
  const WarpTap tap = warp_tap(start, static_cast<float>(crop.inverse[0]),
                               static_cast<float>(crop.inverse[3]), static_cast<int32_t>(column));
  const int64_t x = start.x + tap.x, y = start.y + tap.y;
  for (int k = 0; k < 3; ++k) {
    const float value = bilinear(cell_or_black(p, crop, x, y, k), cell_or_black(p, crop, x + 1, y, k),
                                 cell_or_black(p, crop, x, y + 1, k), cell_or_black(p, crop, x + 1, y + 1, k),
                                 tap.wx, tap.wy);
    if (p.planes != nullptr) p.planes[(3 * face + k) * pixels + pixel] = unit_of(value);
    if (p.pixels != nullptr) {
      p.pixels[(face * p.size + row) * p.row_bytes + column * p.pixel_bytes + k] = nearest_byte(value);
    }
  }
  if (p.pixels != nullptr && p.pixel_bytes == 4) {
    p.pixels[(face * p.size + row) * p.row_bytes + column * 4 + 3] = 0;
  }
}

}  // namespace

WarpCrop make_warp_crop(const double* inverse, int32_t factor, int64_t height, int64_t width, int64_t size) {
  WarpCrop crop{};
  crop.factor = factor;
  if (factor == 1) {
    for (int i = 0; i < 6; ++i) crop.inverse[i] = inverse[i];
    crop.window = {0, 0, width, height};
    return crop;
  }
  reduce_map(inverse, factor, crop.inverse);
  crop.window = touched_cells(width, height, factor, size, crop.inverse);
  crop.inverse[2] -= static_cast<double>(crop.window.x0);
  crop.inverse[5] -= static_cast<double>(crop.window.y0);
  return crop;
}

cudaError_t warp_cuda(const WarpParams& p, const WarpCrop* crops, int64_t faces, cudaStream_t stream) {
  return launch(warp, p.size * p.size, faces, stream, p, crops);
}

}  // namespace facesdk
