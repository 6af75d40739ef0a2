#include "pipeline/engine.h"

#include <algorithm>
#include <string>

#include "common/cpu_features.h"
#include "common/error.h"
#include "pipeline/candidate_filter.h"

namespace facesdk {
namespace {

template <typename T>
void check(const char* name, T value, double low, double high) {
  const auto number = static_cast<double>(value);
  if (number >= low && number <= high) return;  // NaN fails too
  throw Error(ErrorCode::kInvalidOptions, std::string(name) + ": got " + std::to_string(value) +
                                              ", expected " + std::to_string(low) + " to " +
                                              std::to_string(high));
}

}  // namespace

void check_options(const EngineOptions& o) {
  check("max_faces", o.max_faces, 1, 1000);
  check("min_detector_score", o.min_detector_score, 0, 1);
  check("min_face_px", o.min_face_px, 0, 10000);
  check("field_of_view_deg", o.field_of_view_deg, 10, 150);
  check("passes", o.passes, 1, 3);
  check("threads", o.threads, 1, 256);
  check("detection_interval", o.detection_interval, 1, 10000);
  check("deocclude", static_cast<int32_t>(o.deocclude), 0, 2);
  if (!vector_level_request_is_known()) {
    throw Error(ErrorCode::kInvalidOptions,
                "FACESDK_VECTOR_LEVEL: expected plain, avx2, avx_vnni, avx512, avx512_vnni or neon_dotprod");
  }
}

namespace {

void check_size(const char* part, int32_t network, int32_t model) {
  if (network == model) return;
  throw Error(ErrorCode::kInvalidOptions, "network and face_model do not fit: " + std::string(part) +
                                              " has " + std::to_string(network) + " and " +
                                              std::to_string(model) + " numbers");
}

const std::shared_ptr<const Network>& required(const std::shared_ptr<const Network>& network) {
  if (network == nullptr) throw Error(ErrorCode::kInvalidOptions, "network: got none, expected a regressor");
  return network;
}

}  // namespace

Engine::Engine(EngineParts parts, const EngineOptions& options)
    : parts_(std::move(parts)), options_(options), regressor_(required(parts_.regressor)) {
  check_options(options_);
  if (parts_.face_model == nullptr || parts_.eyes == nullptr) {
    throw Error(ErrorCode::kInvalidOptions, "face_model or eyes: got none");
  }
  check_eye_network(*parts_.eyes);
  check_size("alpha", regressor_.identities(), face_model().num_identity());
  check_size("beta", regressor_.albedos(), face_model().num_albedo());
  check_size("delta", regressor_.expressions(), face_model().num_expression());
  detector_settings_.min_score =
      std::min(std::max(options_.min_detector_score * kCandidateScore, 0.01f), 0.99f);
  detector_settings_.single = options_.max_faces == 1;
  if (options_.deocclude == Deocclude::kOff) return;
  if (parts_.mask == nullptr) {
    throw Error(ErrorCode::kInvalidOptions,
                "deocclude: got auto or always without a mask network, expected off");
  }
  occlusion_ = std::make_unique<const OcclusionModel>(parts_.mask, face_model());
  if (parts_.contours == nullptr || parts_.picture == nullptr) return;
  completion_ = std::make_unique<const CompletionModel>(parts_.contours, parts_.picture, occlusion_->side());
}

}  // namespace facesdk
