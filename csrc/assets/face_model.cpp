#include "assets/face_model.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "assets/arkit_names.h"
#include "assets/json.h"
#include "common/error.h"
#include "ops/decode/decode.h"
#include "ops/landmarks/landmarks.h"

namespace facesdk {
namespace {

constexpr float kLowSteps = 254.0f;  // steps of the second byte in one of the first
constexpr int64_t kMostVerts = 1 << 20, kMostShapes = 4096;

[[noreturn]] void damaged(const Safetensors& file, const std::string& what) {
  throw Error(ErrorCode::kAsset, file.name() + ": " + what + "; the face model is damaged");
}

int64_t extent(const Safetensors& file, const char* key, size_t axis, int64_t largest) {
  const Tensor* tensor = file.find(key);
  if (tensor == nullptr) {
    throw Error(ErrorCode::kAsset, file.name() + ": not a face model (lacks " + std::string(key) + ")");
  }
  if (tensor->shape.size() <= axis || tensor->shape[axis] < 1 || tensor->shape[axis] > largest) {
    damaged(file, std::string(key) + " has an extent that is not 1 to " + std::to_string(largest));
  }
  return tensor->shape[axis];
}

// Indices as int32, whichever whole type the file has, all of them in 0 .. limit - 1.
std::vector<int32_t> indices(const Safetensors& file, const char* key, const std::vector<int64_t>& shape,
                             int64_t limit) {
  const Tensor* tensor = file.find(key);
  std::vector<int32_t> out;
  if (tensor != nullptr && tensor->dtype == DType::kU16) {
    const uint16_t* values = file.require<uint16_t>(key, shape);
    out.assign(values, values + tensor->count());
  } else {
    const int32_t* values = file.require<int32_t>(key, shape);
    out.assign(values, values + file.find(key)->count());
  }
  for (const int32_t value : out) {
    if (value < 0 || value >= limit) damaged(file, std::string(key) + " holds " + std::to_string(value));
  }
  return out;
}

// A row pointer: starts at 0, never falls, ends at `entries`.
void check_rows(const Safetensors& file, const char* key, const int32_t* ptr, int64_t rows, int64_t entries) {
  bool fits = ptr[0] == 0 && ptr[rows] == entries;
  for (int64_t i = 0; i < rows && fits; ++i) fits = ptr[i] <= ptr[i + 1];
  if (!fits) damaged(file, std::string(key) + " is no row pointer");
}

const float* finite(const Safetensors& file, const char* key, const std::vector<int64_t>& shape) {
  const float* values = file.require<float>(key, shape);
  const int64_t count = file.find(key)->count();
  if (!std::all_of(values, values + count, [](float v) { return std::isfinite(v); })) {
    damaged(file, std::string(key) + " holds a number that is not finite");
  }
  return values;
}

}  // namespace

std::shared_ptr<const FaceModel> FaceModel::load(const std::shared_ptr<const Safetensors>& file,
                                                 MeshLevel level) {
  std::shared_ptr<FaceModel> model(new FaceModel(file));
  model->controls_ = extent(*file, "mean_control_mm", 0, kMostVerts);
  model->mean_ = finite(*file, "mean_control_mm", {model->controls_, 3});
  model->num_albedo_ = static_cast<int32_t>(extent(*file, "albedo_scale", 0, kMostShapes));
  model->read_names();
  const bool reduced = level == MeshLevel::kControl && file->find("sub_ptr") != nullptr;
  model->read_subdivision(level);
  const char* const key = reduced ? "control_triangles" : "triangles";
  const int64_t triangles = extent(*file, key, 0, kMostVerts * 4);
  model->triangles_ = indices(*file, key, {triangles, 3}, model->verts_);
  model->read_shapes();
  model->read_landmarks();
  model->read_arkit();
  if (!reduced) model->read_uvs();
  model->read_albedo();
  return model;
}

void FaceModel::read_names() {
  const auto found = file_->metadata().find("exp_names");
  const nlohmann::json names = found == file_->metadata().end()
                                   ? nlohmann::json()
                                   : nlohmann::json::parse(found->second, nullptr, false);
  if (!names.is_array() || names.size() > static_cast<size_t>(kMostShapes)) {
    throw Error(ErrorCode::kAsset, file_->name() + ": not a face model (lacks exp_names)");
  }
  for (const nlohmann::json& name : names) {
    if (!name.is_string()) damaged(*file_, "exp_names holds something that is no name");
    names_.push_back(name.get<std::string>());
  }
  num_expression_ = static_cast<int32_t>(names_.size());
  constexpr const char* kPairs[][2] = {{"eyeBlink_R", "eyeBlink_L"}, {"eyeBlinkRight", "eyeBlinkLeft"}};
  for (const auto& pair : kPairs) {
    const auto right = std::find(names_.begin(), names_.end(), pair[0]);
    const auto left = std::find(names_.begin(), names_.end(), pair[1]);
    if (blinks_[0] >= 0 || right == names_.end() || left == names_.end()) continue;
    blinks_[0] = static_cast<int32_t>(right - names_.begin());
    blinks_[1] = static_cast<int32_t>(left - names_.begin());
  }
}

void FaceModel::read_arkit() {
  if (file_->find("arkit_map") == nullptr) return;
  const float* map = finite(*file_, "arkit_map", {kArkitNames, num_expression_});
  const auto found = file_->metadata().find("arkit_names");
  std::vector<std::string> order(kArkitNameTexts, kArkitNameTexts + kArkitNames);
  if (found != file_->metadata().end()) {
    const std::string label = file_->name() + ": arkit_names";
    const char* const text = found->second.c_str();
    order.clear();
    const Json names = parse_json(text, text + found->second.size(), label);
    for (const Json& name : json_array(names, kArkitNames, label)) order.push_back(json_string(name, label));
  }
  for (const char* const name : kArkitNameTexts) {
    const auto row = std::find(order.begin(), order.end(), name) - order.begin();
    if (row == static_cast<ptrdiff_t>(order.size()))
      damaged(*file_, std::string("arkit_names lacks ") + name);
    arkit_map_.insert(arkit_map_.end(), map + row * num_expression_, map + (row + 1) * num_expression_);
  }
}

void FaceModel::read_uvs() {
  if (file_->find("uv") == nullptr || file_->find("uv_triangles") == nullptr) return;
  const int64_t count = extent(*file_, "uv", 0, kMostVerts);
  const float* uvs = finite(*file_, "uv", {count, 2});
  uvs_.assign(uvs, uvs + 2 * count);
  uv_triangles_ = indices(*file_, "uv_triangles", {static_cast<int64_t>(triangles_.size() / 3), 3}, count);
}

void FaceModel::read_albedo() {
  const Tensor* basis = file_->find("albedo_basis_q");
  if (basis == nullptr || file_->find("albedo_mean_control") == nullptr) return;
  albedo_steps_ = finite(*file_, "albedo_scale", {num_albedo_});
  if (basis->dtype == DType::kI8) {
    albedo_ = file_->require<int8_t>("albedo_basis_q", {num_albedo_, controls_, 3});
  } else {
    albedo_float_ = finite(*file_, "albedo_basis_q", {num_albedo_, controls_, 3});
  }
  albedo_mean_ = finite(*file_, "albedo_mean_control", {controls_, 3});
}

void FaceModel::arkit_weights(const float* expression, float* out) const {
  for (int i = 0; i < kArkitNames; ++i) {
    const float* row = arkit_map_.data() + static_cast<ptrdiff_t>(i) * num_expression_;
    float sum = 0.0f;
    for (int32_t k = 0; k < num_expression_; ++k) sum += row[k] * expression[k];
    out[i] = std::min(std::max(sum, 0.0f), 1.0f);
  }
}

void FaceModel::read_shapes() {
  num_identity_ = static_cast<int32_t>(extent(*file_, "identity_scale", 0, kMostShapes));
  extent(*file_, "identity_q", 0, kMostShapes);
  int32_t packed = num_expression_;
  if (file_->find("identity_q")->dtype == DType::kI8) {
    identity_ = file_->require<int8_t>("identity_q", {num_identity_, controls_, 3});
    identity_steps_ = finite(*file_, "identity_scale", {num_identity_});
    if (file_->find("identity_low_q") != nullptr) {
      low_rows_ = extent(*file_, "identity_low_q", 0, num_identity_);
      identity_low_ = file_->require<int8_t>("identity_low_q", {low_rows_, controls_, 3});
    }
  } else {
    packed += num_identity_;  // identities in floats are packed with the expressions
  }
  const int64_t blocks = (3 * controls_ + kShapeBlock - 1) / kShapeBlock;
  const int64_t entries = extent(*file_, "shape_row", 0, int64_t{1} << 24);
  const int32_t* ptr = file_->require<int32_t>("shape_ptr", {blocks + 1});
  check_rows(*file_, "shape_ptr", ptr, blocks, entries);
  const std::vector<int32_t> row = indices(*file_, "shape_row", {entries}, packed);
  shapes_ = pack_shape_blocks(ptr, blocks, row.data(), finite(*file_, "shape_step", {entries}),
                              file_->require<int8_t>("shape_values", {entries, kShapeBlock}));
}

void FaceModel::read_subdivision(MeshLevel level) {
  verts_ = controls_;
  if (file_->find("sub_ptr") == nullptr) return;
  const int64_t verts = extent(*file_, "sub_ptr", 0, kMostVerts) - 1;
  if (verts < 1) damaged(*file_, "sub_ptr has no rows");
  const int64_t entries = extent(*file_, "sub_idx", 0, kMostVerts * 64);
  const int32_t* ptr = file_->require<int32_t>("sub_ptr", {verts + 1});
  check_rows(*file_, "sub_ptr", ptr, verts, entries);
  const std::vector<int32_t> idx = indices(*file_, "sub_idx", {entries}, controls_);
  const int64_t codes = extent(*file_, "sub_weights", 0, 256);
  const float* weights = finite(*file_, "sub_weights", {codes});
  const uint8_t* code = file_->require<uint8_t>("sub_code", {entries});
  std::vector<float> val(static_cast<size_t>(entries));
  for (int64_t i = 0; i < entries; ++i) {
    if (code[i] >= codes) damaged(*file_, "sub_code holds " + std::to_string(code[i]));
    val[static_cast<size_t>(i)] = weights[code[i]];
  }
  read_corners(verts);
  if (level == MeshLevel::kControl) return make_landmark_rows(ptr, idx, val);
  verts_ = verts;
  subdivision_ = find_subdivision_runs(ptr, idx.data(), val.data(), verts_);
}

void FaceModel::read_corners(int64_t verts) {
  landmark_corners_ = indices(*file_, "landmark_corners", {kLandmarks, 3}, verts);
  const float* weights = finite(*file_, "landmark_bary", {kLandmarks, 3});
  landmark_weights_.assign(weights, weights + 3 * kLandmarks);
}

void FaceModel::make_landmark_rows(const int32_t* ptr, const std::vector<int32_t>& idx,
                                   const std::vector<float>& val) {
  landmark_ptr_.push_back(0);
  for (size_t corner = 0; corner < landmark_corners_.size(); ++corner) {
    const int32_t vertex = landmark_corners_[corner];
    for (auto entry = static_cast<size_t>(ptr[vertex]); entry < static_cast<size_t>(ptr[vertex + 1]);
         ++entry) {
      landmark_idx_.push_back(idx[entry]);
      landmark_val_.push_back(landmark_weights_[corner] * val[entry]);
    }
    if (corner % 3 == 2) landmark_ptr_.push_back(static_cast<int32_t>(landmark_idx_.size()));
  }
}

void FaceModel::read_landmarks() {
  if (landmark_corners_.empty()) read_corners(verts_);
  const float* mean = finite(*file_, "landmark_mean", {kLandmarks, 3});
  landmark_mean_.assign(mean, mean + 3 * kLandmarks);
  const int64_t shapes = num_identity_ + num_expression_, row = 3 * kLandmarks;
  const float* bases = finite(*file_, "landmark_bases", {shapes, kLandmarks, 3});
  landmark_bases_.assign(bases, bases + shapes * row);
  landmark_jacobian_.resize(landmark_bases_.size());
  for (int64_t k = 0; k < shapes; ++k) {
    for (int64_t i = 0; i < row; ++i)
      landmark_jacobian_[static_cast<size_t>(i * shapes + k)] = bases[k * row + i];
  }
}

void FaceModel::identity_mesh(const float* identity, float* scratch, float* out, int threads) const {
  const int64_t size = 3 * controls_;
  if (identity_ == nullptr) {  // `decode` adds identity and expression at once
    std::copy(mean_, mean_ + size, out);
    return;
  }
  for (int32_t k = 0; k < num_identity_; ++k) scratch[k] = identity[k] * identity_steps_[k];
  blend_cpu({mean_, nullptr, identity_, scratch, num_identity_, size, out, threads});
  if (low_rows_ == 0) return;
  for (int64_t k = 0; k < low_rows_; ++k) scratch[k] = scratch[k] / kLowSteps;
  blend_cpu({out, nullptr, identity_low_, scratch, low_rows_, size, out, threads});
}

void FaceModel::decode(const float* identity, const float* identity_mesh, const float* expression,
                       float* scratch, float* out, int threads, Workspace& workspace) const {
  const float* coeffs = expression;
  if (identity_ == nullptr) {
    std::copy(identity, identity + num_identity_, scratch);
    std::copy(expression, expression + num_expression_, scratch + num_identity_);
    coeffs = scratch;
  }
  const bool subdivided = verts_ != controls_;
  float* const blended = subdivided ? scratch + num_identity_ + num_expression_ : out;
  add_shapes_cpu({identity_mesh, shapes_.blocks.data(), shapes_.row.data(), shapes_.step.data(),
                  shapes_.values.data(), coeffs, 3 * controls_, blended, threads});
  if (subdivided) subdivide_runs_cpu(subdivision_, blended, controls_, out, threads, workspace);
}

void FaceModel::albedo(const float* coefficients, float* scratch, float* out, int threads,
                       Workspace& workspace) const {
  const bool subdivided = verts_ != controls_;
  float* const control = subdivided ? scratch + num_albedo_ : out;
  for (int32_t k = 0; k < num_albedo_; ++k) scratch[k] = coefficients[k] * albedo_steps_[k];
  blend_cpu({albedo_mean_, albedo_float_, albedo_, scratch, num_albedo_, 3 * controls_, control, threads});
  if (subdivided) subdivide_runs_cpu(subdivision_, control, controls_, out, threads, workspace);
  for (int64_t i = 0; i < 3 * verts_; ++i) out[i] = std::min(std::max(out[i], 0.0f), kMaxAlbedo);
}

void FaceModel::mesh_landmarks(const float* verts, float* out) const {
  for (size_t i = 0; i + 1 < landmark_ptr_.size(); ++i) {
    float sum[3] = {};
    for (int32_t at = landmark_ptr_[i]; at < landmark_ptr_[i + 1]; ++at) {
      const float* from = verts + 3 * static_cast<ptrdiff_t>(landmark_idx_[static_cast<size_t>(at)]);
      for (int k = 0; k < 3; ++k) sum[k] += landmark_val_[static_cast<size_t>(at)] * from[k];
    }
    std::copy_n(sum, 3, out + 3 * i);
  }
  if (!landmark_ptr_.empty()) return;
  mesh_points_cpu(verts, landmark_corners_.data(), landmark_weights_.data(), kLandmarks, out);
}

}  // namespace facesdk
