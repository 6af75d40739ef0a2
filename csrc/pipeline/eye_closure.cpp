#include "pipeline/eye_closure.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "common/error.h"
#include "common/math_functions.h"
#include "ops/sample_normalized_patch/sample_normalized_patch.h"

namespace facesdk {
namespace {

constexpr float kFacing = 0.5f;  // cosine of the rotation up to which both eyes are seen
// Predictions that count as open and as closed: of held-out open eyes nine in ten stay below the one, of
// closed ones three in four reach the other.
constexpr double kOpen = 0.3, kClosed = 0.8;
constexpr float kContrastEpsilon = 0.02f;  // added to the patch's standard deviation, 0..1

// The patch of an eye without its brightness and contrast; the left one mirrored, so that both run from the
// outer corner to the inner.
void sample_eye(const float* gray, int32_t size, const float* landmarks_crop, int eye, float* out) {
  const float* outer = landmarks_crop + 2 * kEyeCorners[eye][0];
  const float* inner = landmarks_crop + 2 * kEyeCorners[eye][1];
  const auto px = [size](float crop_sides) {
    return static_cast<double>((crop_sides + 0.5f) * static_cast<float>(size) - 0.5f);
  };
  const double ax = px(outer[0]), ay = px(outer[1]), bx = px(inner[0]), by = px(inner[1]);
  sample_normalized_patch_cpu({gray,
                               size,
                               {(ax + bx) / 2, (ay + by) / 2},
                               {kEyeWidth * (bx - ax) / 2, kEyeWidth * (by - ay) / 2},
                               eye == 1,
                               kEyeAcross,
                               kEyeDown,
                               kContrastEpsilon,
                               out});
}

double closure_of(float logit) {
  const double closed = 1.0 / (1.0 + math::exp(-static_cast<double>(logit)));
  return std::min(std::max((closed - kOpen) / (kClosed - kOpen), 0.0), 1.0);
}

}  // namespace

void check_eye_network(const Network& network) {
  if (network.input_numbers() == kEyeAcross * kEyeDown) return;
  throw Error(ErrorCode::kAsset, network.name() + ": not a network of eyes (takes " +
                                     std::to_string(network.input_numbers()) + " numbers, expected " +
                                     std::to_string(kEyeAcross * kEyeDown) + ")");
}

void predict_eye_closure(const Network& network, const float* gray, int32_t size, const float* landmarks_crop,
                         EyeWorkspace* w, double* closure) {
  NetworkRun& run = *w->run;
  const int32_t together = std::min(run.capacity(), 2);
  for (int first = 0; first < 2; first += together) {
    for (int i = 0; i < together; ++i) sample_eye(gray, size, landmarks_crop, first + i, run.numbers(i));
    run.run(together);
    const OutputView logits = run.output(0);
    for (int i = 0; i < together; ++i) {
      if (logits.size != 1 || !std::isfinite(logits.data[i])) {
        throw Error(ErrorCode::kAsset, network.name() + ": its output is not one finite logit");
      }
      closure[first + i] = closure_of(logits.data[i]);
    }
  }
}

void close_eyes(const Network& network, const FaceModel& model, int32_t size, EyeWorkspace* w,
                FaceObservation* face) {
  if (model.blink(0) < 0 || -face->rotation[8] < kFacing) return;
  double closure[2];
  predict_eye_closure(network, face->gray.data(), size, face->landmarks_crop, w, closure);
  for (int eye = 0; eye < 2; ++eye) {
    face->expression[static_cast<size_t>(model.blink(eye))] = static_cast<float>(closure[eye]);
  }
}

}  // namespace facesdk
