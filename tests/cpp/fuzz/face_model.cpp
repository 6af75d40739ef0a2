// Face models: a small one with every tensor that the loader reads.
#include "assets/face_model.h"

#include "assets/arkit_names.h"
#include "common/workspace.h"
#include "fuzz/assets.h"

namespace facesdk::fuzz {
namespace {

constexpr int kControls = 6, kVerts = 9, kTriangles = 8, kUvs = 7;
constexpr int kIdentities = 2, kLowRows = 1, kExpressions = 3, kAlbedos = 2;

std::vector<int32_t> counting(int count, int limit) {
  std::vector<int32_t> out;
  for (int i = 0; i < count; ++i) out.push_back(i * 5 % limit);
  return out;
}

void add_shapes(File* file, bool packed) {
  const int rows = kExpressions + (packed ? kIdentities : 0);
  const int numbers = kIdentities * kControls * 3;
  file->add("identity_scale", "F32", Json::array({kIdentities}), repeated<float>(0.02f, kIdentities));
  if (packed) {
    file->add("identity_q", "F32", {kIdentities, kControls, 3}, repeated<float>(0.5f, numbers));
  } else {
    file->add("identity_q", "I8", {kIdentities, kControls, 3}, repeated<int8_t>(-7, numbers));
    file->add("identity_low_q", "I8", {kLowRows, kControls, 3},
              repeated<int8_t>(9, kLowRows * kControls * 3));
  }
  file->add("shape_ptr", "I32", Json::array({2}),
            bytes_of<int32_t>({0, rows}));  // one block holds all controls
  file->add("shape_row", "I32", Json::array({rows}), bytes_of(counting(rows, rows)));
  file->add("shape_step", "F32", Json::array({rows}), repeated<float>(0.1f, static_cast<size_t>(rows)));
  file->add("shape_values", "I8", {rows, kShapeBlock},
            repeated<int8_t>(3, static_cast<size_t>(rows) * kShapeBlock));
}

void add_subdivision(File* file) {
  std::vector<int32_t> ptr;
  for (int i = 0; i <= kVerts; ++i) ptr.push_back(2 * i);
  std::vector<uint8_t> code(2 * kVerts, 1);
  code[0] = 0;
  file->add("sub_ptr", "I32", Json::array({kVerts + 1}), bytes_of(ptr));
  file->add("sub_idx", "I32", Json::array({2 * kVerts}), bytes_of(counting(2 * kVerts, kControls)));
  file->add("sub_weights", "F32", Json::array({2}), bytes_of<float>({0.25f, 0.5f}));
  file->add("sub_code", "U8", Json::array({2 * kVerts}), bytes_of(code));
}

void add_landmarks(File* file) {
  const std::vector<int32_t> corners = counting(3 * kLandmarks, kVerts);
  file->add("landmark_corners", "U16", {kLandmarks, 3},
            bytes_of(std::vector<uint16_t>(corners.begin(), corners.end())));
  file->add("landmark_bary", "F32", {kLandmarks, 3}, repeated<float>(1.0f / 3, 3 * kLandmarks));
  file->add("landmark_mean", "F32", {kLandmarks, 3}, repeated<float>(20.0f, 3 * kLandmarks));
  constexpr int kShapes = kIdentities + kExpressions;
  file->add("landmark_bases", "F32", {kShapes, kLandmarks, 3},
            repeated<float>(0.5f, kShapes * 3 * kLandmarks));
}

}  // namespace

File sound_face_model(bool packed) {
  File file;
  file.documents["exp_names"] = {"eyeBlink_L", "eyeBlink_R", "jawOpen"};
  Json& names = file.documents["arkit_names"] = Json::array();
  for (const char* const name : kArkitNameTexts)
    names.insert(names.begin(), name);  // not in the loader's order
  file.add("mean_control_mm", "F32", {kControls, 3}, repeated<float>(30.0f, 3 * kControls));
  file.add("albedo_scale", "F32", Json::array({kAlbedos}), repeated<float>(0.1f, kAlbedos));
  file.add("triangles", "I32", {kTriangles, 3}, bytes_of(counting(3 * kTriangles, kVerts)));
  file.add("arkit_map", "F32", {kArkitNames, kExpressions},
           repeated<float>(0.3f, kArkitNames * kExpressions));
  file.add("uv", "F32", {kUvs, 2}, repeated<float>(0.5f, 2 * kUvs));
  file.add("uv_triangles", "I32", {kTriangles, 3}, bytes_of(counting(3 * kTriangles, kUvs)));
  add_shapes(&file, packed);
  add_subdivision(&file);
  add_landmarks(&file);
  return file;
}

void use_face_model(const std::shared_ptr<const Safetensors>& file) {
  const auto model = FaceModel::load(file);
  const std::vector<float> identity(static_cast<size_t>(model->num_identity()), 0.5f);
  const std::vector<float> expression(static_cast<size_t>(model->num_expression()), 0.5f);
  std::vector<float> scratch(static_cast<size_t>(model->scratch_size()));
  std::vector<float> person(static_cast<size_t>(3 * model->controls()));
  std::vector<float> verts(static_cast<size_t>(3 * model->verts())), landmarks(3 * kLandmarks);
  Workspace workspace;
  model->identity_mesh(identity.data(), scratch.data(), person.data(), 1);
  model->decode(identity.data(), person.data(), expression.data(), scratch.data(), verts.data(), 1,
                workspace);
  model->mesh_landmarks(verts.data(), landmarks.data());
  if (!model->has_arkit()) return;
  std::vector<float> weights(kArkitNames);
  model->arkit_weights(expression.data(), weights.data());
}

}  // namespace facesdk::fuzz
