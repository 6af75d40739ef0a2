// A linear face model (paper 1, equations 1 to 4) as the chain needs it: coefficients to vertices and
// landmarks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "assets/safetensors.h"
#include "common/workspace.h"
#include "ops/decode/shape_blocks.h"
#include "ops/decode/subdivision_runs.h"

namespace facesdk {

constexpr int32_t kLandmarks = 68;  // iBUG order
constexpr float kMaxAlbedo = 1.5f;  // above white: the light of equation 6 has no highlights

// Which mesh is decoded: the one made smooth by subdivision, or the control mesh before it, without texture
// coordinates. A model without subdivision has one mesh for both.
enum class MeshLevel { kFull, kControl };

// Immutable after loading, shared by threads.
class FaceModel {
 public:
  // Throws Error(kAsset) naming the file and the tensor that is missing or does not fit.
  static std::shared_ptr<const FaceModel> load(const std::shared_ptr<const Safetensors>& file,
                                               MeshLevel level = MeshLevel::kFull);

  const std::string& name() const { return file_->name(); }
  int32_t num_identity() const { return num_identity_; }
  int32_t num_albedo() const { return num_albedo_; }
  int32_t num_expression() const { return num_expression_; }
  int64_t controls() const { return controls_; }
  int64_t verts() const { return verts_; }
  const std::vector<int32_t>& triangles() const { return triangles_; }  // (T, 3)
  const ShapeBlocks& shapes() const { return shapes_; }  // expressions, or identities and expressions
  const SubdivisionRuns& subdivision() const { return subdivision_; }  // empty where nothing is subdivided
  const std::vector<std::string>& expression_names() const { return names_; }  // (n_exp,)
  const std::vector<float>& landmark_mean() const { return landmark_mean_; }   // (68, 3) mm, face frame
  const std::vector<float>& landmark_bases() const {
    return landmark_bases_;
  }  // (n_id + n_exp, 68, 3) mm per unit
  const std::vector<float>& landmark_jacobian() const {
    return landmark_jacobian_;
  }  // the same as (68, 3, n)

  // Texture coordinates (U, 2), origin at the lower left corner, and the corners of the triangles in them
  // (T, 3); both empty where the model has none.
  const std::vector<float>& uvs() const { return uvs_; }
  const std::vector<int32_t>& uv_triangles() const { return uv_triangles_; }

  bool has_arkit() const { return !arkit_map_.empty(); }
  // Weights by the names of ARKit (52,), 0..1, of an expression (n_exp,); the model has such a map.
  void arkit_weights(const float* expression, float* out) const;

  // Expressions that close the person's right and left eye; -1 where the model has none.
  int32_t blink(int eye) const { return blinks_[eye]; }

  // Numbers of working memory that `identity_mesh` and `decode` need.
  int64_t scratch_size() const { return num_identity_ + num_expression_ + 3 * controls_; }

  // Control vertices (C, 3) mm of a person without expression, for `decode`. Same for all frames of a person.
  void identity_mesh(const float* identity, float* scratch, float* out, int threads) const;

  // Vertices (V, 3) mm, face frame, of a person (n_id,), whose `identity_mesh` is given, with an expression
  // (n_exp,).
  void decode(const float* identity, const float* identity_mesh, const float* expression, float* scratch,
              float* out, int threads, Workspace& workspace) const;

  bool has_albedo() const { return albedo_mean_ != nullptr; }
  // Albedo (V, 3) RGB in 0..kMaxAlbedo, 1 for white, of coefficients (n_tex,) (paper 1, equation 2); the
  // model has one. scratch: n_tex + 3 C numbers.
  void albedo(const float* coefficients, float* scratch, float* out, int threads, Workspace& workspace) const;

  // Landmarks (68, 3) of a mesh (V, 3), in its frame: points of the smooth surface at either level.
  void mesh_landmarks(const float* verts, float* out) const;

 private:
  explicit FaceModel(std::shared_ptr<const Safetensors> file) : file_(std::move(file)) {}
  void read_shapes();
  void read_subdivision(MeshLevel level);
  void read_corners(int64_t verts);
  void read_landmarks();
  void make_landmark_rows(const int32_t* ptr, const std::vector<int32_t>& idx, const std::vector<float>& val);
  void read_names();
  void read_arkit();
  void read_uvs();
  void read_albedo();

  std::shared_ptr<const Safetensors> file_;  // holds the mean and the identity bases
  int32_t num_identity_ = 0, num_albedo_ = 0, num_expression_ = 0;
  int32_t blinks_[2] = {-1, -1};
  int64_t controls_ = 0, verts_ = 0;
  int64_t low_rows_ = 0;         // leading identities that have a second byte
  const float* mean_ = nullptr;  // (C, 3) mm
  const int8_t* identity_ =
      nullptr;  // (n_id, C, 3), in identity_steps_; null where the packed shapes hold it
  const int8_t* identity_low_ = nullptr;  // (low_rows, C, 3), in 1 / 254 of them
  const float* identity_steps_ = nullptr;
  const float *albedo_mean_ = nullptr, *albedo_steps_ = nullptr;  // (C, 3), (n_tex,)
  const int8_t* albedo_ = nullptr;                                // (n_tex, C, 3), in albedo_steps_; or
  const float* albedo_float_ = nullptr;                           // the same in floats
  ShapeBlocks shapes_;  // expressions, or identities and expressions
  SubdivisionRuns subdivision_;
  std::vector<int32_t> triangles_, landmark_corners_;
  std::vector<float> landmark_weights_, landmark_mean_, landmark_bases_, landmark_jacobian_;
  // Of the control mesh: landmark i is the sum of its entries landmark_ptr_[i] .. landmark_ptr_[i + 1] - 1,
  // weighted control vertices.
  std::vector<int32_t> landmark_ptr_, landmark_idx_;
  std::vector<float> landmark_val_;
  std::vector<float> uvs_;
  std::vector<int32_t> uv_triangles_;
  std::vector<float> arkit_map_;  // (52, n_exp), rows in the order of kArkitNameTexts
  std::vector<std::string> names_;
};

}  // namespace facesdk
