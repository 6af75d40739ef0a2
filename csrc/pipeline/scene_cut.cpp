#include "pipeline/scene_cut.h"

#include <algorithm>
#include <cmath>

#include "common/math_functions.h"
#include "ops/sample_normalized_patch/sample_normalized_patch.h"
#include "pipeline/align.h"

namespace facesdk {
namespace {

// Correlations of colour and of brightness. Eleven videos, frame to frame: scenes at least 0.81, crops at
// least 0.26, crops set upright at least 0.59, but never below all three bounds. Cuts between them: at most
// 0.64, 0.61, 0.76.
constexpr double kSameScene = 0.72, kSameCrop = 0.64, kSameUpright = 0.78;
constexpr int kSamples = 4;     // across and down a cell of the thumbnail
constexpr int32_t kPatch = 32;  // samples across and down
constexpr float kContrastEpsilon = 1e-3f;
constexpr double kRadians = 0.017453292519943295;
constexpr double kWindow =
    1.26 / kMargin;  // of the crop round the landmarks: the face without its surroundings

double correlation_of_patches(const float* a, const float* b) {
  double sum = 0.0;
  for (int i = 0; i < kPatch * kPatch; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum / (kPatch * kPatch);
}

void sample(const FaceObservation& face, int32_t size, const double* center, const double* right,
            float* out) {
  sample_normalized_patch_cpu({face.gray.data(),
                               size,
                               {center[0], center[1]},
                               {right[0], right[1]},
                               false,
                               kPatch,
                               kPatch,
                               kContrastEpsilon,
                               out});
}

void sample_whole(const FaceObservation& face, int32_t size, float* out) {
  const double middle = (size - 1) / 2.0;
  const double center[2] = {middle, middle}, right[2] = {middle, 0.0};
  sample(face, size, center, right, out);
}

void sample_upright(const FaceObservation& face, int32_t size, float* out) {
  float landmarks[2 * kLandmarks];
  for (int i = 0; i < 2 * kLandmarks; ++i) {
    landmarks[i] = (face.landmarks_crop[i] + 0.5f) * static_cast<float>(size) - 0.5f;
  }
  const Crop crop = crop_from_landmarks(landmarks);
  const double half = kWindow * crop.side / 2.0, angle = kRadians * crop.roll_deg;
  const double right[2] = {half * math::cos(angle), half * math::sin(angle)};
  sample(face, size, crop.center, right, out);
}

}  // namespace

void make_thumbnail(const ImageView& image, Thumbnail* thumbnail) {
  constexpr int kAcross = kThumbnailSide * kSamples;
  std::fill_n(thumbnail->cells, kThumbnailNumbers, 0);
  int64_t from[kAcross];  // of each sample in its row: divided for once, not row by row
  for (int x = 0; x < kAcross; ++x) from[x] = 3 * ((2 * x + 1) * image.width / (2 * kAcross));
  for (int y = 0; y < kAcross; ++y) {
    const uint8_t* row = image.pixels + 3 * image.width * ((2 * y + 1) * image.height / (2 * kAcross));
    int32_t* cells = thumbnail->cells + 3 * kThumbnailSide * (y / kSamples);
    for (int x = 0; x < kAcross; ++x) {
      const uint8_t* pixel = row + from[x];
      for (int k = 0; k < 3; ++k) cells[3 * (x / kSamples) + k] += pixel[k];
    }
  }
}

bool scene_changed(const Thumbnail& before, const Thumbnail& now) {
  double mean[2] = {0.0, 0.0}, squares[2] = {0.0, 0.0}, product = 0.0;
  for (int i = 0; i < kThumbnailNumbers; ++i) mean[0] += before.cells[i], mean[1] += now.cells[i];
  for (double& value : mean) value /= kThumbnailNumbers;
  for (int i = 0; i < kThumbnailNumbers; ++i) {
    const double a = before.cells[i] - mean[0], b = now.cells[i] - mean[1];
    squares[0] += a * a, squares[1] += b * b, product += a * b;
  }
  return product < kSameScene * std::sqrt(squares[0] * squares[1]);
}

bool looks_the_same(const FaceObservation& before, const FaceObservation& now, int32_t size) {
  float a[kPatch * kPatch], b[kPatch * kPatch];
  sample_whole(before, size, a), sample_whole(now, size, b);
  if (correlation_of_patches(a, b) >= kSameCrop) return true;
  sample_upright(before, size, a), sample_upright(now, size, b);
  return correlation_of_patches(a, b) >= kSameUpright;
}

}  // namespace facesdk
