#include "pipeline/face_region.h"

#include <algorithm>
#include <cmath>

#include "common/workspace.h"

namespace facesdk {
namespace {

constexpr int kJaw = 17;              // iBUG: the first landmarks are the jaw's, from ear to ear
constexpr double kJawMargin = 1.03;   // the jaw line is widened by this about the middle between its ends
constexpr float kLeastMotion = 0.3f;  // of the farthest: what goes less far is not the expression's
constexpr size_t kMostMoved = 192;    // vertices of an expression

struct JawPoint {
  double x, y;
};

// Height of the jaw line at x; beyond its ends that of the middle between them.
double jaw_height(const JawPoint* line, double middle, double x) {
  if (x < line[0].x || x > line[kJaw - 1].x) return middle;
  for (int i = 1; i < kJaw; ++i) {
    if (x > line[i].x) continue;
    const double span = line[i].x - line[i - 1].x;
    const double share = span > 0.0 ? (x - line[i - 1].x) / span : 0.0;
    return line[i - 1].y + share * (line[i].y - line[i - 1].y);
  }
  return middle;
}

}  // namespace

FaceRegion::FaceRegion(const FaceModel& model) {
  std::vector<float> nobody(static_cast<size_t>(model.num_identity()), 0.0f);
  std::vector<float> scratch(static_cast<size_t>(model.scratch_size()));
  std::vector<float> neutral(static_cast<size_t>(3 * model.controls()));
  model.identity_mesh(nobody.data(), scratch.data(), neutral.data(), 1);
  choose_vertices(model, neutral.data());
  choose_moved(model, neutral.data());
}

void FaceRegion::choose_vertices(const FaceModel& model, const float* neutral) {
  const float* jaw = model.landmark_mean().data();
  const double middle_x = (static_cast<double>(jaw[0]) + jaw[3 * (kJaw - 1)]) / 2;
  const double middle_y = (static_cast<double>(jaw[1]) + jaw[3 * (kJaw - 1) + 1]) / 2;
  JawPoint line[kJaw];
  for (int i = 0; i < kJaw; ++i) {
    line[i] = {middle_x + kJawMargin * (jaw[3 * i] - middle_x),
               middle_y + kJawMargin * (jaw[3 * i + 1] - middle_y)};
  }
  std::sort(line, line + kJaw, [](const JawPoint& a, const JawPoint& b) { return a.x < b.x; });
  for (int64_t v = 0; v < model.controls(); ++v) {
    if (neutral[3 * v + 1] >= jaw_height(line, middle_y, neutral[3 * v])) {
      vertices_.push_back(static_cast<int32_t>(v));
    }
  }
}

void FaceRegion::choose_moved(const FaceModel& model, const float* neutral) {
  std::vector<float> expression(static_cast<size_t>(model.num_expression()), 0.0f);
  std::vector<float> scratch(static_cast<size_t>(model.scratch_size()));
  std::vector<float> resting(static_cast<size_t>(3 * model.verts())), verts(resting.size());
  const std::vector<float> nobody(static_cast<size_t>(model.num_identity()), 0.0f);
  Workspace workspace;
  model.decode(nobody.data(), neutral, expression.data(), scratch.data(), resting.data(), 1, workspace);
  std::vector<Moved> all(vertices_.size());
  starts_.push_back(0);
  for (int32_t e = 0; e < model.num_expression(); ++e) {
    expression[static_cast<size_t>(e)] = 1.0f;
    model.decode(nobody.data(), neutral, expression.data(), scratch.data(), verts.data(), 1, workspace);
    expression[static_cast<size_t>(e)] = 0.0f;
    float farthest = 0.0f;
    for (size_t i = 0; i < vertices_.size(); ++i) {
      float square = 0.0f;
      for (int64_t k = 3 * vertices_[i]; k < 3 * vertices_[i] + 3; ++k) {
        const float step = verts[static_cast<size_t>(k)] - resting[static_cast<size_t>(k)];
        square += step * step;
      }
      all[i] = {static_cast<int32_t>(i), std::sqrt(square)};
      farthest = std::max(farthest, all[i].weight);
    }
    std::vector<Moved> some;
    for (const Moved& one : all) {
      if (one.weight > 0.0f && one.weight >= kLeastMotion * farthest) some.push_back(one);
    }
    const size_t count = std::min(some.size(), kMostMoved);
    for (size_t i = 0; i < count; ++i) moved_.push_back(some[i * some.size() / count]);  // evenly spread
    starts_.push_back(static_cast<int32_t>(moved_.size()));
  }
}

}  // namespace facesdk
