#include "capi/engine_handle.h"

#include <string>
#include <utility>

#include "assets/arkit_names.h"
#include "assets/asset_folder.h"
#include "assets/face_model.h"
#include "common/error.h"
#include "nn/dense_network.h"
#include "nn/int8_network.h"

namespace facesdk::capi {
namespace {

constexpr const char* kNetworks[] = {"mobile_facernet.plan", "mobile_facernet_tiny.plan"};  // by preset

// The caller's file, else the folder's.
std::shared_ptr<const Safetensors> open(const AssetFolder& folder, const char* path, const char* name) {
  return Safetensors::open(path != nullptr ? std::string(path) : folder.path(name));
}

EngineParts load_parts(const char* path, const facesdk_options& o) {
  const AssetFolder folder = AssetFolder::open(path);
  EngineParts parts;
  parts.detector = load_int8_network(open(folder, o.detector_path, "detector.plan"));
  parts.regressor = load_int8_network(open(folder, o.network_path, kNetworks[o.preset]));
  parts.face_model = FaceModel::load(open(folder, o.face_model_path, "face_model.safetensors"),
                                     o.mesh == FACESDK_MESH_CONTROL ? MeshLevel::kControl : MeshLevel::kFull);
  parts.eyes = load_dense_network(*open(folder, nullptr, "eyes.safetensors"));
  if (o.deocclude != FACESDK_DEOCCLUDE_OFF) {
    parts.mask = load_int8_network(open(folder, nullptr, "mask_net.plan"));
    for (const auto& [name, network] :
         {std::pair{"contour_net.plan", &parts.contours}, std::pair{"completion_net.plan", &parts.picture}}) {
      if (folder.has(name)) *network = load_int8_network(open(folder, nullptr, name));
    }
  }
  return parts;
}

EngineOptions engine_options(const facesdk_options& o) {
  if (o.preset != FACESDK_PRESET_DEFAULT && o.preset != FACESDK_PRESET_TINY) {
    throw Error(ErrorCode::kInvalidOptions, "preset: got " + std::to_string(o.preset) +
                                                ", expected FACESDK_PRESET_DEFAULT or FACESDK_PRESET_TINY");
  }
  if (o.mesh != FACESDK_MESH_FULL && o.mesh != FACESDK_MESH_CONTROL) {
    throw Error(ErrorCode::kInvalidOptions, "mesh: got " + std::to_string(o.mesh) +
                                                ", expected FACESDK_MESH_FULL or FACESDK_MESH_CONTROL");
  }
  if (o.deocclude < FACESDK_DEOCCLUDE_OFF || o.deocclude > FACESDK_DEOCCLUDE_ALWAYS) {
    throw Error(ErrorCode::kInvalidOptions,
                "deocclude: got " + std::to_string(o.deocclude) +
                    ", expected FACESDK_DEOCCLUDE_OFF, FACESDK_DEOCCLUDE_AUTO or FACESDK_DEOCCLUDE_ALWAYS");
  }
  if (o.reserved != 0) {
    throw Error(ErrorCode::kInvalidOptions, "reserved: got " + std::to_string(o.reserved) + ", expected 0");
  }
  EngineOptions out;
  out.deocclude = static_cast<Deocclude>(o.deocclude);
  out.max_faces = o.max_faces;
  out.min_detector_score = o.min_detector_score;
  out.min_face_px = o.min_face_px;
  out.field_of_view_deg = o.field_of_view_deg;
  out.passes = o.passes;
  out.threads = o.threads;
  out.detection_interval = o.detection_interval;
  check_options(out);  // before the assets are loaded, which takes time
  return out;
}

template <typename View, typename T>
View view(const std::vector<T>& values) {
  return {values.empty() ? nullptr : values.data(), values.size()};
}

}  // namespace

facesdk_options default_options() {
  const EngineOptions engine;
  facesdk_options out{};
  out.struct_size = sizeof out;
  out.preset = FACESDK_PRESET_DEFAULT;
  out.max_faces = engine.max_faces;
  out.passes = engine.passes;
  out.threads = engine.threads;
  out.min_detector_score = engine.min_detector_score;
  out.min_face_px = engine.min_face_px;
  out.field_of_view_deg = engine.field_of_view_deg;
  out.detection_interval = engine.detection_interval;
  return out;
}

SharedEngine::SharedEngine(const char* folder, const facesdk_options& options) : memory_(options.allocator) {
  const EngineOptions settings = engine_options(options);
  engine_ = std::make_shared<const Engine>(load_parts(folder, options), settings);
  for (const std::string& name : engine_->face_model().expression_names()) {
    expression_names_.push_back(name.c_str());
  }
}

facesdk_model SharedEngine::model() const {
  const FaceModel& model = engine_->face_model();
  facesdk_model out{};
  out.struct_size = sizeof out;
  out.vertex_count = static_cast<int32_t>(model.verts());
  out.triangles = view<facesdk_int32s>(model.triangles());
  out.uvs = view<facesdk_floats>(model.uvs());
  out.uv_triangles = view<facesdk_int32s>(model.uv_triangles());
  out.expression_names = view<facesdk_strings>(expression_names_);
  if (model.has_arkit()) out.arkit_names = {kArkitNameTexts, kArkitNames};
  return out;
}

}  // namespace facesdk::capi
