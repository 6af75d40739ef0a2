#include "pipeline/regress.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "common/error.h"
#include "common/math_functions.h"
#include "common/thread_pool.h"
#include "ops/pose/pose.h"
#include "ops/pose/pose_math.h"
#include "ops/warp/warp.h"
#include "ops/warp/warp_math.h"
#include "pipeline/align.h"

namespace facesdk {
namespace {

using Json = nlohmann::ordered_json;  // the order of the layout's parts is their order in the output

constexpr int64_t kMostNumbers = 1 << 16;
constexpr double kSmallestFace = 0.05;  // crop sides: landmarks in one point must not divide by zero

[[noreturn]] void no_network(const Network& network, const std::string& reason) {
  throw Error(ErrorCode::kAsset, network.name() + ": not a FaceSDK network (metadata: " + reason + ")");
}

double positive(const Network& network, const Json& meta, const char* key) {
  const auto found = meta.find(key);
  if (found == meta.end() || !found->is_number() || !(found->get<double>() > 0.0) ||
      !std::isfinite(found->get<double>())) {
    no_network(network, std::string(key) + " is missing or not a number above 0");
  }
  return found->get<double>();
}

// (2, 3) picture -> crop becomes crop -> picture.
void invert(const float* m, double* out) {
  const double a = m[0], b = m[1], c = m[3], d = m[4], scale = 1.0 / (a * d - b * c);
  out[0] = d * scale, out[1] = -b * scale, out[3] = -c * scale, out[4] = a * scale;
  out[2] = -(out[0] * m[2] + out[1] * m[5]);
  out[5] = -(out[3] * m[2] + out[4] * m[5]);
}

void warp_into(const ImageView& image, const Crop& crop, bool mirrored, const PixelBuffer& to,
               Workspace* workspace) {
  float matrix[6];
  crop_matrix(crop, to.width, mirrored, matrix);
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

// 3 bytes a pixel, rows without gaps.
void copy_into(const uint8_t* from, const PixelBuffer& to) {
  for (int32_t y = 0; y < to.height; ++y) {
    uint8_t* row = to.pixels + y * to.row_bytes;
    for (int32_t x = 0; x < to.width; ++x, from += 3) std::copy_n(from, 3, row + 4 * x);
  }
}

// Luma (BT.601) of the crop, 0..1.
void to_gray(const PixelBuffer& from, float* out) {
  for (int32_t y = 0; y < from.height; ++y) {
    const uint8_t* row = from.pixels + y * from.row_bytes;
    for (int32_t x = 0; x < from.width; ++x) {
      const float red = row[4 * x], green = row[4 * x + 1], blue = row[4 * x + 2];
      *out++ = (red * 0.299f + green * 0.587f + blue * 0.114f) * (1.0f / 255.0f);
    }
  }
}

// Rotation from 3 numbers (a rotation vector) or 6 (its first two columns, to be made orthonormal).
void rotation_from(const float* values, int32_t count, float* out) {
  if (count == 6) return rotation_from_six_cpu(values, out);
  const Mat3 rotation = rotation_by({values[0], values[1], values[2]});
  for (int i = 0; i < 9; ++i) out[i] = static_cast<float>(rotation.m[i]);
}

}  // namespace

Regressor::Regressor(std::shared_ptr<const Network> network) : network_(std::move(network)) {
  const Network& n = *network_;
  const Json meta = Json::parse(n.metadata(), nullptr, false);
  if (!meta.is_object() || !meta.contains("layout") || !meta["layout"].is_object())
    no_network(n, "no layout");
  constexpr const char* kNames[kParts] = {"alpha", "beta", "delta", "R", "m", "gamma"};
  std::fill_n(sizes_, static_cast<int>(kParts), 0);
  for (const auto& [name, size] : meta["layout"].items()) {
    if (!size.is_number_integer() || size.get<int64_t>() < 1 || size.get<int64_t>() > kMostNumbers) {
      no_network(n, "layout has " + name + " of another size than 1 to " + std::to_string(kMostNumbers));
    }
    for (int part = 0; part < kParts; ++part) {
      if (name != kNames[part]) continue;
      sizes_[part] = size.get<int32_t>();
      starts_[part] = length_;
    }
    length_ += size.get<int32_t>();
  }
  for (int part = 0; part < kParts; ++part) {
    if (sizes_[part] == 0) no_network(n, "layout lacks " + std::string(kNames[part]));
  }
  if (sizes_[kGamma] != 27 || sizes_[kTranslation] != 3 ||
      (sizes_[kRotation] != 3 && sizes_[kRotation] != 6)) {
    no_network(n, "layout of gamma, m or R");
  }
  input_size_ = static_cast<int32_t>(std::min(positive(n, meta, "input_size"), 8192.0));
  focal_ratio_ = positive(n, meta, "focal_ratio");
  depth_mm_ = positive(n, meta, "z0_mm");
  x_ = output_index(n, "x"), points_ = output_index(n, "points");
  sigma_ = output_index(n, "spread"), face_logit_ = output_index(n, "presence");
  if (x_ < 0) no_network(n, "no output x");
}

void Regressor::reserve(FaceObservation* face) const {
  face->identity.reserve(static_cast<size_t>(identities()));
  face->albedo.reserve(static_cast<size_t>(albedos()));
  face->expression.reserve(static_cast<size_t>(expressions()));
  face->gray.reserve(static_cast<size_t>(input_size_) * static_cast<size_t>(input_size_));
}

void Regressor::reserve(size_t count, ObservationList* faces) const {
  if (faces->size() < count) faces->resize(count);
  for (size_t i = 0; i < count; ++i) reserve(&(*faces)[i]);
}

void Regressor::split(const float* x, FaceObservation* face) const {
  const auto part = [&](Part which) { return x + starts_[which]; };
  face->identity.assign(part(kAlpha), part(kAlpha) + sizes_[kAlpha]);
  face->albedo.assign(part(kBeta), part(kBeta) + sizes_[kBeta]);
  face->expression.assign(part(kDelta), part(kDelta) + sizes_[kDelta]);
  for (float& weight : face->expression) weight = std::min(std::max(weight, 0.0f), 1.0f);
  rotation_from(part(kRotation), sizes_[kRotation], face->rotation);
  // x0, y0 in crop sides from the crop's centre, and the logarithm of the depth.
  const float* m = part(kTranslation);
  const double depth = depth_mm_ * math::exp(std::min(std::max(static_cast<double>(m[2]), -4.0), 4.0));
  face->translation_mm[0] = static_cast<float>(m[0] * depth / focal_ratio_);
  face->translation_mm[1] = static_cast<float>(m[1] * depth / focal_ratio_);
  face->translation_mm[2] = static_cast<float>(depth);
  std::copy_n(part(kGamma), 27, face->sh);
}

namespace {

double expected_error(const FaceObservation& face) {
  float low[2] = {face.points[0], face.points[1]}, high[2] = {face.points[0], face.points[1]};
  double sum = 0.0;
  for (int i = 0; i < kLandmarks; ++i) {
    for (int axis = 0; axis < 2; ++axis) {
      low[axis] = std::min(low[axis], face.points[2 * i + axis]);
      high[axis] = std::max(high[axis], face.points[2 * i + axis]);
    }
    sum += math::exp(static_cast<double>(face.landmark_log_sigma[i]));
  }
  const double width = static_cast<double>(high[0]) - static_cast<double>(low[0]);
  const double height = static_cast<double>(high[1]) - static_cast<double>(low[1]);
  return sum / kLandmarks / std::max(std::sqrt(width * height), kSmallestFace);
}

}  // namespace

void Regressor::take_landmarks(const NetworkRun& run, int32_t item, FaceObservation* face) const {
  const auto copy = [&](int32_t output, int64_t count, float* to) {
    if (output < 0 || run.output(output).size < count) return false;
    std::copy_n(run.output(output).data + item * run.output(output).size, count, to);
    return true;
  };
  float logit = 0.0f;
  face->has_points = copy(points_, 2 * kLandmarks, face->points);
  face->has_sigma = copy(sigma_, kLandmarks, face->landmark_log_sigma);
  face->has_face_logit = copy(face_logit_, 1, &logit);
  face->face_logit = logit;
  face->landmark_error = face->has_points && face->has_sigma ? expected_error(*face) : 0.0;
}

RegressorRuns::RegressorRuns(const Regressor& regressor, int threads) : regressor_(regressor) {
  const int32_t size = regressor.input_size();
  workers_.push_back({regressor.network().prepare(size, size), {}});
  // An engine that takes batches spreads them over threads by itself.
  if (workers_.front().run->capacity() > 1) return;
  for (int i = 1; i < threads; ++i) workers_.push_back({regressor.network().prepare(size, size), {}});
}

void RegressorRuns::predict(const ImageView& image, bool mirrored, ObservationList* faces) {
  const auto size = static_cast<size_t>(regressor_.input_size());
  predict_each(
      [&](size_t i, Worker& worker, const PixelBuffer& input) {
        FaceObservation& face = (*faces)[i];
        warp_into(image, face.crop, mirrored, input, &worker.ops);
        if (mirrored) return;
        face.gray.resize(size * size);
        to_gray(input, face.gray.data());
      },
      faces);
}

void RegressorRuns::predict_pixels(const uint8_t* crops, ObservationList* faces) {
  const auto size = static_cast<size_t>(regressor_.input_size());
  predict_each(
      [&](size_t i, Worker&, const PixelBuffer& input) {
        copy_into(crops + i * size * size * 3, input);
        (*faces)[i].gray.resize(size * size);
        to_gray(input, (*faces)[i].gray.data());
      },
      faces);
}

template <typename Fill>
void RegressorRuns::predict_each(const Fill& fill, ObservationList* faces) {
  const size_t share = std::min(workers_.size(), faces->size());
  if (share == 1) return predict_some(workers_.front(), fill, 0, 1, faces);
  std::mutex mutex;
  std::exception_ptr failure;  // must not leave a thread of the pool
  parallel_tasks(static_cast<int64_t>(share), static_cast<int>(share), [&](int64_t number, int) {
    const auto first = static_cast<size_t>(number);
    try {
      predict_some(workers_[first], fill, first, share, faces);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      failure = std::current_exception();
    }
  });
  if (failure) std::rethrow_exception(failure);
}

// Faces first, first + step, ...
template <typename Fill>
void RegressorRuns::predict_some(Worker& worker, const Fill& fill, size_t first, size_t step,
                                 ObservationList* faces) const {
  const std::string& name = regressor_.network().name();
  NetworkRun& run = *worker.run;
  for (size_t begin = first; begin < faces->size();) {
    int32_t items = 0;
    for (size_t i = begin; i < faces->size() && items < run.capacity(); i += step, ++items) {
      fill(i, worker, run.input(items));
    }
    run.run(items);
    const OutputView x = run.output(regressor_.x_);
    if (x.size != regressor_.length_) {
      throw Error(ErrorCode::kAsset, name + ": output x has " + std::to_string(x.size) +
                                         " numbers, its layout says " + std::to_string(regressor_.length_));
    }
    for (int32_t item = 0; item < items; ++item, begin += step) {
      const float* row = x.data + item * x.size;
      if (!std::all_of(row, row + x.size, [](float v) { return std::isfinite(v); })) {
        throw Error(ErrorCode::kAsset, name + ": its output is not finite; the file is damaged");
      }
      regressor_.split(row, &(*faces)[begin]);
      regressor_.take_landmarks(run, item, &(*faces)[begin]);
    }
  }
}

}  // namespace facesdk
