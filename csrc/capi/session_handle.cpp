#include "capi/session_handle.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "assets/arkit_names.h"
#include "capi/arguments.h"
#include "ops/normals/normals.h"
#include "ops/project/project.h"
#include "ops/shade/shade.h"
#include "pipeline/draw_shaded.h"

namespace facesdk::capi {
namespace {

constexpr size_t kMostBoxes = 10000;
constexpr float kIntrinsicsTolerance = 1e-5f;  // of the last row, which is 0 0 1

void check_intrinsics(const float* k) {
  bool fits = k[0] > 0.0f && k[4] > 0.0f;
  for (int i = 0; i < 9; ++i) fits = fits && std::isfinite(k[i]);
  fits = fits && std::fabs(k[6]) < kIntrinsicsTolerance && std::fabs(k[7]) < kIntrinsicsTolerance &&
         std::fabs(k[8] - 1.0f) < kIntrinsicsTolerance;
  require(fits,
          "intrinsics: got no camera matrix, expected [[fx, s, cx], [0, fy, cy], [0, 0, 1]] with fx, fy > 0");
}

void read_boxes(const facesdk_boxes& given_boxes, std::vector<Detection>* out) {
  const facesdk_boxes boxes = read_struct(&given_boxes, sizeof(facesdk_boxes), "boxes");
  require(boxes.count <= kMostBoxes, "boxes.count: got more than 10000, expected 0 to 10000");
  require(boxes.count == 0 || boxes.boxes_px != nullptr, "boxes.boxes_px: got NULL, expected count boxes");
  out->clear();
  for (size_t i = 0; i < boxes.count; ++i) {
    Detection face{};
    std::copy_n(boxes.boxes_px + 4 * i, 4, face.box);
    face.score = boxes.scores == nullptr ? 1.0f : boxes.scores[i];
    out->push_back(face);  // the session checks its values
  }
}

template <typename View, typename T>
View view(const std::vector<T>& values, size_t count) {
  return {count == 0 ? nullptr : values.data(), count};
}

}  // namespace

SessionHandle::SessionHandle(std::shared_ptr<const SharedEngine> shared)
    : shared_(std::move(shared)), session_(shared_->engine()), picture_(shared_->memory()) {}

facesdk_result SessionHandle::frame(Mode mode, const facesdk_image& image, const float* intrinsics,
                                    const facesdk_boxes* boxes) {
  const facesdk_image checked = read_struct(&image, sizeof(facesdk_image), "image");
  check_image(checked);
  if (intrinsics != nullptr) check_intrinsics(intrinsics);
  if (boxes != nullptr) read_boxes(*boxes, &boxes_);
  last_ = nullptr;
  FrameInput input{upright_rgb(checked, &picture_)};
  input.intrinsics = intrinsics;
  input.detections = boxes == nullptr ? nullptr : &boxes_;
  width_ = static_cast<int32_t>(input.image.width), height_ = static_cast<int32_t>(input.image.height);
  last_ = &(mode == Mode::kTrack ? session_.track(input) : session_.reconstruct(input));
  return arrays(input.image);
}

facesdk_result SessionHandle::arrays(const ImageView& picture) {
  const FrameResult& r = *last_;
  const auto n = static_cast<size_t>(r.count);
  facesdk_result out{};
  out.struct_size = sizeof out;
  out.face_count = r.count;
  out.width = static_cast<int32_t>(picture.width), out.height = static_cast<int32_t>(picture.height);
  out.metric = r.metric ? 1 : 0;
  out.intrinsics = {r.intrinsics, 9};
  out.boxes_px = view<facesdk_floats>(r.boxes_px, r.boxes_px.size());
  out.scores = view<facesdk_floats>(r.scores, r.scores.size());
  out.quality = view<facesdk_doubles>(r.quality, r.quality.size());
  out.quality_reasons = view<facesdk_uint32s>(r.reasons, r.reasons.size());
  out.tracks = view<facesdk_int64s>(r.tracks, r.tracks.size());
  out.landmarks_px = view<facesdk_floats>(r.landmarks_px, r.landmarks_px.size());
  out.landmark_error_px = view<facesdk_floats>(r.landmark_error_px, r.landmark_error_px.size());
  out.rotation = view<facesdk_floats>(r.rotation, r.rotation.size());
  out.translation_mm = view<facesdk_floats>(r.translation_mm, r.translation_mm.size());
  out.identity = view<facesdk_floats>(r.identity, r.identity.size());
  out.albedo = view<facesdk_floats>(r.albedo, r.albedo.size());
  out.expression = view<facesdk_floats>(r.expression, r.expression.size());
  out.sh = view<facesdk_floats>(r.sh, r.sh.size());
  out.vertices_mm = view<facesdk_floats>(r.verts_face_mm, r.verts_face_mm.size());
  out.occluded_share = view<facesdk_doubles>(r.occluded_share, r.occluded_share.size());
  out.expression_observed = view<facesdk_floats>(r.expression_observed, r.expression_observed.size());
  if (!face_model().has_arkit()) return out;
  arkit_.resize(n * kArkitNames);
  for (size_t i = 0; i < n; ++i) {
    face_model().arkit_weights(r.expression.data() + i * static_cast<size_t>(face_model().num_expression()),
                               arkit_.data() + i * kArkitNames);
  }
  out.arkit = view<facesdk_floats>(arkit_, arkit_.size());
  return out;
}

void SessionHandle::check_face(int32_t face) const {
  require(last_ != nullptr, "session: got none with a result, expected reconstruct or track before");
  if (face >= 0 && face < last_->count) return;
  throw Error(ErrorCode::kInvalidArgument, "face: got " + std::to_string(face) +
                                               ", expected 0 to less than " + std::to_string(last_->count));
}

const float* SessionHandle::vertices(int32_t face, const float* out, size_t count) const {
  check_face(face);
  given(out, "output");
  const auto size = static_cast<size_t>(3 * face_model().verts());
  if (count != size) {
    throw Error(ErrorCode::kInvalidArgument,
                "count: got " + std::to_string(count) + ", expected " + std::to_string(size));
  }
  return last_->verts_face_mm.data() + static_cast<size_t>(face) * size;
}

void SessionHandle::vertex_normals(int32_t face, float* out, size_t count) {
  const float* verts = vertices(face, out, count);
  const std::vector<int32_t>& triangles = face_model().triangles();
  normals_cpu({verts, triangles.data(), face_model().verts(), static_cast<int64_t>(triangles.size() / 3), out,
               threads()},
              ops_);
}

void SessionHandle::vertices_camera(int32_t face, float* out, size_t count) {
  const float* verts = vertices(face, out, count);
  transform_cpu({verts, last_->rotation.data() + 9 * face, last_->translation_mm.data() + 3 * face,
                 face_model().verts(), out, threads()});
}

void SessionHandle::vertices_picture(int32_t face, float* out, size_t count) {
  vertices_camera(face, out, count);
  project_cpu({out, last_->intrinsics, face_model().verts(), out, threads()});
}

void SessionHandle::decode_albedo(int32_t face, float* out) {
  const FaceModel& model = face_model();
  if (!model.has_albedo()) {
    throw Error(ErrorCode::kInvalidArgument,
                model.name() + ": has no albedo, expected a face model with colours");
  }
  float* const scratch = at_least(albedo_scratch_, model.num_albedo() + 3 * model.controls());
  model.albedo(last_->albedo.data() + static_cast<ptrdiff_t>(face) * model.num_albedo(), scratch, out,
               threads(), ops_);
}

void SessionHandle::vertex_albedo(int32_t face, float* out, size_t count) {
  vertices(face, out, count);
  decode_albedo(face, out);
}

void SessionHandle::vertex_colors(int32_t face, float* out, size_t count) {
  const int64_t verts = face_model().verts(), numbers = 3 * verts;
  given(out, "output");
  vertices_camera(face, at_least(camera_, numbers), count);
  const std::vector<int32_t>& triangles = face_model().triangles();
  normals_cpu({camera_.data(), triangles.data(), verts, static_cast<int64_t>(triangles.size() / 3),
               at_least(normals_, numbers), threads()},
              ops_);
  decode_albedo(face, at_least(albedo_, numbers));
  shade_cpu({albedo_.data(), normals_.data(), last_->sh.data() + 27 * face, verts, out, threads()});
  for (int64_t i = 0; i < numbers; ++i) out[i] = std::min(std::max(out[i], 0.0f), 1.0f);
}

void SessionHandle::draw_face(int32_t face, const facesdk_canvas& picture) {
  check_face(face);
  const Canvas canvas =
      checked_canvas(read_struct(&picture, sizeof(facesdk_canvas), "canvas"), width_, height_);
  const FaceModel& model = face_model();
  decode_albedo(face, at_least(albedo_, 3 * model.verts()));
  ShadeAndProjectParams mesh{};
  mesh.verts = last_->verts_face_mm.data() + static_cast<ptrdiff_t>(face) * 3 * model.verts();
  mesh.triangles = model.triangles().data();
  mesh.rotation = last_->rotation.data() + 9 * face;
  mesh.shift = last_->translation_mm.data() + 3 * face;
  mesh.intrinsics = last_->intrinsics;
  mesh.albedo = albedo_.data();
  mesh.sh = last_->sh.data() + 27 * face;
  mesh.num_verts = model.verts(), mesh.num_triangles = static_cast<int64_t>(model.triangles().size() / 3);
  mesh.threads = threads();
  draw_shaded(mesh, canvas, ops_);
}

const Occlusion& SessionHandle::occlusion(int32_t face, const char* function) const {
  check_face(face);
  const Occlusion* found = last_->occlusions[static_cast<size_t>(face)];
  if (found == nullptr) {
    throw Error(ErrorCode::kInvalidArgument, std::string(function) +
                                                 ": got an engine with FACESDK_DEOCCLUDE_OFF, expected "
                                                 "FACESDK_DEOCCLUDE_AUTO or FACESDK_DEOCCLUDE_ALWAYS");
  }
  return *found;
}

void SessionHandle::occlusion_mask(int32_t face, uint8_t* out, size_t count) const {
  const Occlusion& measured = occlusion(face, "occlusion_mask");
  given(out, "mask");
  const size_t size = static_cast<size_t>(width_) * static_cast<size_t>(height_);
  if (count != size) {
    throw Error(ErrorCode::kInvalidArgument,
                "count: got " + std::to_string(count) + ", expected " + std::to_string(size));
  }
  draw_occlusion_mask(measured, shared_->engine()->occlusion()->side(), height_, width_, out);
}

void SessionHandle::paint_completion(int32_t face, const facesdk_canvas& picture) const {
  const Occlusion& measured = occlusion(face, "paint_completion");
  const Canvas canvas =
      checked_canvas(read_struct(&picture, sizeof(facesdk_canvas), "canvas"), width_, height_);
  facesdk::paint_completion(measured.completion, measured.matrix, canvas, nullptr);
}

}  // namespace facesdk::capi
