#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "common/math_functions.h"
#include "common/simd_dispatch.h"
#include "ops/landmarks/landmarks.h"
#include "ops/pose/pose_math.h"

namespace facesdk {
namespace {

// iBUG points
constexpr int kPoints = 68, kBrows = 17, kNose = 27, kEyes = 36, kMouth = 48;

struct AddRows {
  static FACESDK_HD void run(const float* FACESDK_RESTRICT rows, const float* FACESDK_RESTRICT weights,
                             int64_t num_rows, int64_t length, float* FACESDK_RESTRICT sum) {
    for (int64_t k = 0; k < num_rows; ++k) {
      const float weight = weights[k];
      const float* FACESDK_RESTRICT row = rows + k * length;
      for (int64_t i = 0; i < length; ++i) sum[i] += weight * row[i];
    }
  }
};

struct Bounds {
  Box box{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};

  void add(double x, double y) {
    box.left = std::min(box.left, x), box.right = std::max(box.right, x);
    box.top = std::min(box.top, y), box.bottom = std::max(box.bottom, y);
  }
};

struct Buffers {
  std::vector<float> face;  // (N, 3) mm, face frame
};

}  // namespace

void crop_landmarks_cpu(const CropLandmarksParams& p, Workspace& workspace) {
  const int64_t length = 3 * p.count;
  float* const face = at_least(workspace.of<Buffers>().face, length);
  std::copy(p.mean, p.mean + length, face);
  vectorized<AddRows>(p.bases, p.identity, p.num_identity, length, face);
  vectorized<AddRows>(p.bases + p.num_identity * length, p.expression, p.num_expression, length, face);
  Mat3 rotation;
  for (int i = 0; i < 9; ++i) rotation.m[i] = p.rotation[i];
  const math::SinCos roll = math::sin_cos(p.crop.roll);
  const double c = roll.cos * p.crop.side, s = roll.sin * p.crop.side;
  for (int64_t i = 0; i < p.count; ++i) {
    const Vec3 v = rotation * Vec3{face[3 * i], face[3 * i + 1], face[3 * i + 2]};
    const double scale = p.crop.focal_ratio / (v.z + p.shift[2]);
    const double x = (v.x + p.shift[0]) * scale, y = (v.y + p.shift[1]) * scale;
    p.out_crop[2 * i] = static_cast<float>(x);
    p.out_crop[2 * i + 1] = static_cast<float>(y);
    p.out_picture[2 * i] = static_cast<float>(p.crop.center[0] + c * x - s * y);
    p.out_picture[2 * i + 1] = static_cast<float>(p.crop.center[1] + s * x + c * y);
  }
}

void mesh_points_cpu(const float* verts, const int32_t* corners, const float* weights, int64_t count,
                     float* out) {
  for (int64_t i = 0; i < count; ++i) {
    for (int axis = 0; axis < 3; ++axis) {
      float sum = 0.0f;
      for (int64_t corner = 3 * i; corner < 3 * i + 3; ++corner) {
        sum += weights[corner] * verts[3 * static_cast<int64_t>(corners[corner]) + axis];
      }
      out[3 * i + axis] = sum;
    }
  }
}

double mean_distance_cpu(const float* a, const float* b, int64_t count) {
  double sum = 0.0;
  for (int64_t i = 0; i < count; ++i) {
    const double x = a[2 * i] - b[2 * i], y = a[2 * i + 1] - b[2 * i + 1];
    sum += std::sqrt(x * x + y * y);
  }
  return sum / static_cast<double>(count);
}

Box oriented_bbox_cpu(const float* points, int64_t count, double angle) {
  const auto [s, c] = math::sin_cos(angle);
  Bounds bounds;
  for (int64_t i = 0; i < count; ++i) {
    const double x = points[2 * i], y = points[2 * i + 1];
    bounds.add(c * x + s * y, c * y - s * x);
  }
  return bounds.box;
}

RollAndBox landmark_roll_and_bbox_cpu(const float* landmarks, double forehead) {
  double eyes[2] = {0.0, 0.0}, mouth[2] = {0.0, 0.0};
  for (int i = kEyes; i < kPoints; ++i) {
    double* of = i < kMouth ? eyes : mouth;
    of[0] += landmarks[2 * i], of[1] += landmarks[2 * i + 1];
  }
  const double x = eyes[0] / (kMouth - kEyes) - mouth[0] / (kPoints - kMouth);
  const double y = eyes[1] / (kMouth - kEyes) - mouth[1] / (kPoints - kMouth);
  const double length = std::max(std::sqrt(x * x + y * y), 1e-6);
  const double ux = x / length, uy = y / length;  // towards the forehead
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (int i = 0; i < kPoints; ++i) {
    const double along = ux * landmarks[2 * i] + uy * landmarks[2 * i + 1];
    low = std::min(low, along), high = std::max(high, along);
  }
  const double above = forehead * (high - low);
  Bounds bounds;
  for (int i = 0; i < kPoints; ++i) {
    bounds.add(landmarks[2 * i], landmarks[2 * i + 1]);
    if (i >= kBrows && i < kNose) {
      bounds.add(landmarks[2 * i] + above * ux, landmarks[2 * i + 1] + above * uy);
    }
  }
  return {math::atan2(x, -y), bounds.box};
}

}  // namespace facesdk
