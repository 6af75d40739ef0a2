#include "pipeline/completion.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "common/error.h"
#include "common/math_functions.h"
#include "ops/blend/blend_math.h"
#include "ops/contours/contours.h"
#include "ops/contours/contours_math.h"
#include "pipeline/crop_pixels.h"

namespace facesdk {
namespace {

size_t pixels_of(int32_t side) { return static_cast<size_t>(side) * static_cast<size_t>(side); }

int32_t output_of(const Network& network, const char* name, int32_t side) {
  const int32_t index = output_index(network, name);
  if (index < 0 || network.side() != side) {
    throw Error(ErrorCode::kAsset, network.name() + ": expected a network of pictures of " +
                                       std::to_string(side) + " px with an output " + name);
  }
  return index;
}

const float* output_data(const NetworkRun& run, const Network& network, int32_t index, size_t count) {
  const OutputView out = run.output(index);
  if (out.size != static_cast<int64_t>(count)) {
    throw Error(ErrorCode::kAsset,
                network.name() + ": output " + network.outputs()[static_cast<size_t>(index)] + " has " +
                    std::to_string(out.size) + " numbers, expected " + std::to_string(count));
  }
  return out.data;
}

uint8_t byte_of(double value) {
  // min and max so that not-a-number becomes 0.
  return static_cast<uint8_t>(255.0 * std::min(std::max(0.0, value), 1.0) + 0.5);
}

// Gray picture and contours without what is covered, and the mask.
void fill_contours_input(const uint8_t* rgb, int64_t row_bytes, int32_t side, CompletionWorkspace* w) {
  const PixelBuffer to = w->contours->input(0);
  w->gray.resize(pixels_of(side)), w->lines.resize(pixels_of(side));
  for (int32_t y = 0; y < side; ++y) {
    const uint8_t* p = rgb + y * row_bytes;
    for (int32_t x = 0; x < side; ++x, p += 4) {
      w->gray[static_cast<size_t>(y * side + x)] = gray_level(p[0], p[1], p[2]);
    }
  }
  contours_cpu({w->gray.data(), side, side, w->lines.data()}, w->ops);
  for (int32_t y = 0; y < side; ++y) {
    uint8_t* out = to.pixels + y * to.row_bytes;
    for (int32_t x = 0; x < side; ++x, out += 4) {
      const auto at = static_cast<size_t>(y * side + x);
      const bool covered = w->mask[at] != 0;
      out[0] = covered ? 0 : w->gray[at];
      out[1] = covered ? 255 : 0;
      out[2] = !covered && w->lines[at] != 0 ? 255 : 0;
      out[3] = 0;
    }
  }
}

// The photo without what is covered, and a plane of contours and mask: (2 mask + contours) / 3.
void fill_picture_input(const uint8_t* rgb, int64_t row_bytes, int32_t side, const float* logits,
                        CompletionWorkspace* w) {
  const PixelBuffer to = w->picture->input(0);
  for (int32_t y = 0; y < side; ++y) {
    const uint8_t* p = rgb + y * row_bytes;
    uint8_t* out = to.pixels + y * to.row_bytes;
    for (int32_t x = 0; x < side; ++x, p += 4, out += 4) {
      const auto at = static_cast<size_t>(y * side + x);
      if (w->mask[at] == 0) {
        std::copy_n(p, 3, out);
        out[3] = w->lines[at] != 0 ? 85 : 0;
        continue;
      }
      const double logit = std::min(std::max(-30.0, static_cast<double>(logits[at])), 30.0);
      out[0] = out[1] = out[2] = 0;
      out[3] = byte_of((2.0 + 1.0 / (1.0 + math::exp(-logit))) / 3.0);
    }
  }
}

}  // namespace

CompletionModel::CompletionModel(std::shared_ptr<const Network> contours,
                                 std::shared_ptr<const Network> picture, int32_t mask_side)
    : contours_(std::move(contours)),
      picture_(std::move(picture)),
      contours_output_(output_of(*contours_, "contours", mask_side)),
      picture_output_(output_of(*picture_, "picture", mask_side)) {}

void complete_crop(const CompletionModel& model, const ImageView& image, const Occlusion& occlusion,
                   CompletionWorkspace* w, Completion* out) {
  const int32_t side = model.side();
  out->made = false;
  draw_crop_mask(occlusion, side, &w->mask);
  if (std::find(w->mask.begin(), w->mask.end(), 1) == w->mask.end()) return;
  widen_mask(side, &w->mask, &w->wide);
  if (w->contours == nullptr) w->contours = model.contours().prepare(side, side);
  if (w->picture == nullptr) w->picture = model.picture().prepare(side, side);
  // The crop waits in the second network's input, which the first does not touch.
  const PixelBuffer crop = w->picture->input(0);
  warp_by_matrix(image, occlusion.matrix, crop, &w->ops);
  fill_contours_input(crop.pixels, crop.row_bytes, side, w);
  w->contours->run(1);
  fill_picture_input(crop.pixels, crop.row_bytes, side,
                     output_data(*w->contours, model.contours(), model.contours_output(), pixels_of(side)),
                     w);
  w->picture->run(1);
  const float* made = output_data(*w->picture, model.picture(), model.picture_output(), 3 * pixels_of(side));
  out->side = side;
  out->rgb.resize(3 * pixels_of(side));
  for (size_t i = 0; i < out->rgb.size(); ++i) out->rgb[i] = byte_of(made[i]);
  out->generated = w->mask;
  out->made = true;
}

void paint_completion(const Completion& c, const float* matrix, const Canvas& canvas, uint8_t* generated) {
  if (!c.made || canvas.pixels == nullptr) return;
  const int32_t channels[3] = {canvas.red, 1, canvas.blue};
  for (int32_t row = 0; row < canvas.height; ++row) {
    for (int32_t column = 0; column < canvas.width; ++column) {
      const CropPlace at = crop_place(matrix, column, row, c.side);
      if (!at.inside) continue;
      const double share = sample_bytes(c.generated.data(), c.side, 1, 0, at.x, at.y);
      if (!(share > 0.0)) continue;
      uint8_t* out = canvas.pixels + row * canvas.row_bytes + column * canvas.pixel_bytes;
      for (int32_t k = 0; k < 3; ++k) {
        uint8_t& value = out[channels[k]];
        value = mixed_byte(share, sample_bytes(c.rgb.data(), c.side, 3, k, at.x, at.y), value);
      }
      if (canvas.pixel_bytes == 4) out[3] = 255;
      if (generated != nullptr) generated[static_cast<int64_t>(row) * canvas.width + column] = 1;
    }
  }
}

}  // namespace facesdk
