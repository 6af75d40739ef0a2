#include "pipeline/eye_closure.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "common/error.h"
#include "common/math_functions.h"
#include "common/simd_dispatch.h"
#include "ops/sample_normalized_patch/sample_normalized_patch.h"

namespace facesdk {
namespace {

constexpr float kFacing = 0.5f;  // cosine of the rotation up to which both eyes are seen
// Predictions that count as open and as closed: of held-out open eyes nine in ten stay below the one, of
// closed ones three in four reach the other.
constexpr double kOpen = 0.3, kClosed = 0.8;
constexpr float kContrastEpsilon = 0.02f;  // added to the patch's standard deviation, 0..1
constexpr size_t kMostLayers = 8;
constexpr int64_t kMostOutputs = 4096;

float from_half(uint16_t half) {
  const uint32_t sign = (half & 0x8000u) << 16, exponent = (half >> 10) & 0x1fu, fraction = half & 0x3ffu;
  uint32_t bits;
  if (exponent == 31) {
    bits = sign | 0x7f800000u | (fraction << 13);
  } else if (exponent != 0) {
    bits = sign | ((exponent + 112) << 23) | (fraction << 13);
  } else {
    const float small = static_cast<float>(fraction) * (1.0f / 16777216.0f);
    return sign != 0 ? -small : small;
  }
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

std::vector<float> floats(const Safetensors& file, const std::string& key) {
  const Tensor* tensor = file.find(key);
  const bool known = tensor != nullptr && (tensor->dtype == DType::kF16 || tensor->dtype == DType::kF32);
  if (!known) throw Error(ErrorCode::kAsset, file.name() + ": not a network of eyes (lacks " + key + ")");
  std::vector<float> out(static_cast<size_t>(tensor->count()));
  const char* from = static_cast<const char*>(tensor->data);
  for (size_t i = 0; i < out.size(); ++i) {
    if (tensor->dtype == DType::kF32) {
      std::memcpy(&out[i], from + 4 * i, 4);
    } else {
      uint16_t half;
      std::memcpy(&half, from + 2 * i, 2);
      out[i] = from_half(half);
    }
  }
  return out;
}

struct DenseLayer {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT in, const EyeNetwork::Layer& layer, bool relu,
                             float* FACESDK_RESTRICT out) {
    const float* FACESDK_RESTRICT weights = layer.weights.data();
    const int32_t count = layer.outputs;
    for (int32_t n = 0; n < count; ++n) out[n] = 0.0f;
    for (int32_t k = 0; k < layer.inputs; ++k) {
      for (int32_t n = 0; n < count; ++n) out[n] += in[k] * weights[k * count + n];
    }
    for (int32_t n = 0; n < count; ++n) {
      out[n] += layer.bias[static_cast<size_t>(n)];
      if (relu && !(out[n] > 0.0f)) out[n] = 0.0f;
    }
  }
};

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

double predict_closure(const EyeNetwork& network, EyeWorkspace* w) {
  for (const EyeNetwork::Layer& layer : network.layers()) {
    w->next.resize(static_cast<size_t>(layer.outputs));
    const bool last = &layer == &network.layers().back();
    vectorized<DenseLayer>(static_cast<const float*>(w->values.data()), layer, !last, w->next.data());
    w->values.swap(w->next);
  }
  const double closed = 1.0 / (1.0 + math::exp(-static_cast<double>(w->values[0])));
  return std::min(std::max((closed - kOpen) / (kClosed - kOpen), 0.0), 1.0);
}

}  // namespace

std::shared_ptr<const EyeNetwork> EyeNetwork::load(const Safetensors& file) {
  const auto network = std::make_shared<EyeNetwork>();
  int64_t inputs = kEyeAcross * kEyeDown;
  for (size_t k = 0; k < kMostLayers; ++k) {
    const std::string prefix = std::to_string(k) + ".";
    if (k > 0 && file.find(prefix + "weight") == nullptr) break;
    const Tensor* weight = file.find(prefix + "weight");
    const bool fits = weight != nullptr && weight->shape.size() == 2 && weight->shape[1] == inputs &&
                      weight->shape[0] >= 1 && weight->shape[0] <= kMostOutputs;
    const std::vector<float> bias = floats(file, prefix + "bias");
    if (!fits || static_cast<int64_t>(bias.size()) != weight->shape[0]) {
      throw Error(ErrorCode::kAsset,
                  file.name() + ": not a network of eyes (layer " + std::to_string(k) + ")");
    }
    const std::vector<float> rows = floats(file, prefix + "weight");
    Layer layer{static_cast<int32_t>(inputs), static_cast<int32_t>(weight->shape[0]), rows, bias};
    for (int32_t n = 0; n < layer.outputs; ++n) {
      for (int32_t i = 0; i < layer.inputs; ++i) {
        layer.weights[static_cast<size_t>(i * layer.outputs + n)] =
            rows[static_cast<size_t>(n * layer.inputs + i)];
      }
    }
    inputs = layer.outputs;
    network->layers_.push_back(std::move(layer));
  }
  if (inputs != 1) throw Error(ErrorCode::kAsset, file.name() + ": not a network of eyes (no single logit)");
  return network;
}

void predict_eye_closure(const EyeNetwork& network, const float* gray, int32_t size,
                         const float* landmarks_crop, EyeWorkspace* w, double* closure) {
  for (int eye = 0; eye < 2; ++eye) {
    w->values.resize(static_cast<size_t>(kEyeAcross * kEyeDown));
    sample_eye(gray, size, landmarks_crop, eye, w->values.data());
    closure[eye] = predict_closure(network, w);
  }
}

void close_eyes(const EyeNetwork& network, const FaceModel& model, int32_t size, EyeWorkspace* w,
                FaceObservation* face) {
  if (model.blink(0) < 0 || -face->rotation[8] < kFacing) return;
  double closure[2];
  predict_eye_closure(network, face->gray.data(), size, face->landmarks_crop, w, closure);
  for (int eye = 0; eye < 2; ++eye) {
    face->expression[static_cast<size_t>(model.blink(eye))] = static_cast<float>(closure[eye]);
  }
}

}  // namespace facesdk
