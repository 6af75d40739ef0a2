// The session behind its handle: frames in, arrays out.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "capi/engine_handle.h"
#include "capi/image.h"
#include "common/workspace.h"
#include "pipeline/session.h"

namespace facesdk::capi {

enum class Mode { kReconstruct, kTrack };

class SessionHandle {
 public:
  explicit SessionHandle(std::shared_ptr<const SharedEngine> shared);

  const Memory& memory() const { return shared_->memory(); }
  void reset() { session_.reset(); }

  // Arguments as those of facesdk_api.reconstruct and track. Throws Error where one does not fit.
  facesdk_result frame(Mode mode, const facesdk_image& image, const float* intrinsics,
                       const facesdk_boxes* boxes);

  // Derived arrays (V, 3) of a face of the last frame, into `out` of `count` floats.
  void vertex_normals(int32_t face, float* out, size_t count);
  void vertices_camera(int32_t face, float* out, size_t count);
  void vertices_picture(int32_t face, float* out, size_t count);
  void vertex_albedo(int32_t face, float* out, size_t count);
  void vertex_colors(int32_t face, float* out, size_t count);

  // Over the caller's picture, whose size is that of the last frame.
  void draw_face(int32_t face, const facesdk_canvas& canvas);

  // Covered px (height, width) of the last frame, into `out` of `count` bytes.
  void occlusion_mask(int32_t face, uint8_t* out, size_t count) const;
  // What is generated of a face, over the caller's picture of the last frame's size.
  void paint_completion(int32_t face, const facesdk_canvas& canvas) const;

 private:
  const FaceModel& face_model() const { return shared_->engine()->face_model(); }
  int threads() const { return shared_->engine()->options().threads; }
  facesdk_result arrays(const ImageView& picture);
  void check_face(int32_t face) const;
  // First of the face's vertices; checks that there is such a face and that `out` has the size of its array.
  const float* vertices(int32_t face, const float* out, size_t count) const;
  void decode_albedo(int32_t face, float* out);
  // Of a face of the last frame; checks that there is one and that its cover is measured.
  const Occlusion& occlusion(int32_t face, const char* function) const;

  std::shared_ptr<const SharedEngine> shared_;
  Session session_;
  Bytes picture_;
  std::vector<Detection> boxes_;
  Workspace ops_;
  std::vector<float> albedo_scratch_, albedo_, camera_, normals_;  // of what is computed on request
  int32_t width_ = 0, height_ = 0;                                 // px of the last frame, upright
  std::vector<float> arkit_;                                       // (N, 52)
  const FrameResult* last_ = nullptr;  // the session's; null after a frame that failed
};

}  // namespace facesdk::capi

struct facesdk_session {
  explicit facesdk_session(std::shared_ptr<const facesdk::capi::SharedEngine> shared)
      : handle(std::move(shared)) {}
  facesdk::capi::SessionHandle handle;
};
