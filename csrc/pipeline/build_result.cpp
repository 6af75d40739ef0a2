#include "pipeline/build_result.h"

#include <algorithm>
#include <cmath>

#include "common/math_functions.h"
#include "pipeline/align.h"
#include "pipeline/camera.h"
#include "pipeline/quality.h"

namespace facesdk {
namespace {

void resize(const Engine& engine, int32_t count, bool has_sigma, FrameResult* r) {
  const auto rows = [count](int64_t size) { return static_cast<size_t>(count * size); };
  const FaceModel& model = engine.face_model();
  r->count = count;
  r->boxes_px.resize(rows(4)), r->scores.resize(rows(1)), r->quality.resize(rows(1));
  r->reasons.resize(rows(1)), r->tracks.resize(rows(1));
  r->identity.resize(rows(model.num_identity())), r->albedo.resize(rows(model.num_albedo()));
  r->expression.resize(rows(model.num_expression())), r->sh.resize(rows(27));
  r->rotation.resize(rows(9)), r->translation_mm.resize(rows(3));
  r->landmarks_px.resize(rows(2 * kLandmarks));
  r->landmark_error_px.resize(has_sigma ? rows(kLandmarks) : 0);
  const bool measured = engine.occlusion() != nullptr;
  r->occluded_share.resize(measured ? rows(1) : 0);
  r->expression_observed.resize(measured ? rows(model.num_expression()) : 0);
  r->occlusions.assign(rows(1), nullptr);
  r->verts_face_mm.resize(rows(3 * model.verts()));
}

// A face as it was placed in the picture.
struct Placed {
  const CameraPose* pose;
  const float* verts;       // (V, 3) mm, face frame
  const float* intrinsics;  // (3, 3) px
};

// Completes a face of which enough is covered: by the networks where there are some, else by drawing it.
void complete(const Engine& engine, const FrameInput& input, const FaceSource& source, const Placed& placed,
              ResultWorkspace* w) {
  Occlusion* occlusion = source.occlusion;
  occlusion->completion.made = false;
  if (!(occlusion->share > 0.0 && occlusion->share >= engine.completed_from())) return;
  if (engine.completion() != nullptr) {
    complete_crop(*engine.completion(), input.image, *occlusion, &w->completion, &occlusion->completion);
  } else if (engine.face_model().has_albedo()) {
    draw_fitted_face({&engine.face_model(), placed.verts, source.albedo, source.observation->sh, placed.pose,
                      placed.intrinsics, engine.options().threads},
                     input.image, *occlusion, engine.occlusion()->side(), &w->drawn, &occlusion->completion);
  }
}

// Measures what covers the face, or carries an earlier measurement on to where the face is now.
void find_occlusion(const Engine& engine, const FrameInput& input, const FaceSource& source,
                    const CameraPose& pose, const float* verts, size_t i, ResultWorkspace* w,
                    FrameResult* r) {
  const OcclusionModel& model = *engine.occlusion();
  Occlusion* occlusion = source.occlusion;
  if (source.measure_occlusion || !occlusion->measured) {
    const PlacedFace face{&pose,
                          r->intrinsics,
                          verts,
                          engine.face_model().num_expression(),
                          input.image.height,
                          input.image.width};
    measure_occlusion(model, input.image, face, &w->occlusion, occlusion);
    r->clock.lap(Stage::kOcclusion);
    complete(engine, input, source, {&pose, verts, r->intrinsics}, w);
    r->clock.lap(Stage::kCompletion);
  } else {
    crop_matrix(crop_from_landmarks(pose.landmarks_px), model.side(), false, occlusion->matrix);
  }
  r->occluded_share[i] = occlusion->share;
  std::copy(occlusion->observed.begin(), occlusion->observed.end(),
            r->expression_observed.begin() + static_cast<std::ptrdiff_t>(i * occlusion->observed.size()));
  r->occlusions[i] = occlusion;
}

// Writes row i.
void build_face(const Engine& engine, const FrameInput& input, const FaceSource& source, size_t i,
                ResultWorkspace* w, FrameResult* r) {
  const FaceModel& model = engine.face_model();
  const FaceObservation& face = *source.observation;
  const auto row = [i](std::vector<float>& all, int64_t size) {
    return all.data() + i * static_cast<size_t>(size);
  };
  float* verts = row(r->verts_face_mm, 3 * model.verts());
  const float* mesh = source.identity_mesh;
  if (mesh == nullptr) {
    model.identity_mesh(source.identity, w->scratch.data(), w->identity_mesh.data(),
                        engine.options().threads);
    mesh = w->identity_mesh.data();
  }
  model.decode(source.identity, mesh, source.expression, w->scratch.data(), verts, engine.options().threads,
               w->ops);
  r->clock.lap(Stage::kDecode);
  float landmarks_mm[3 * kLandmarks];
  CameraPose pose;
  model.mesh_landmarks(verts, landmarks_mm);
  solve_camera_pose(face, engine.regressor().focal_ratio(), landmarks_mm, r->intrinsics, w->ops, &pose);
  r->clock.lap(Stage::kCamera);
  if (engine.occlusion() != nullptr) find_occlusion(engine, input, source, pose, verts, i, w, r);
  r->clock.lap(Stage::kOcclusion);
  const Quality quality = assess_quality(
      {face.gray.data(), engine.regressor().input_size(), pose.landmarks_px, yaw_deg(pose.rotation),
       face.detection.score, face.landmark_error,
       engine.occlusion() == nullptr ? 0.0 : source.occlusion->share, input.image.height, input.image.width});
  r->quality[i] = quality.score, r->reasons[i] = quality.reasons;
  r->scores[i] = face.detection.score, r->tracks[i] = face.track;
  std::copy_n(face.detection.box, 4, row(r->boxes_px, 4));
  std::copy_n(source.identity, model.num_identity(), row(r->identity, model.num_identity()));
  std::copy_n(source.albedo, model.num_albedo(), row(r->albedo, model.num_albedo()));
  std::copy_n(source.expression, model.num_expression(), row(r->expression, model.num_expression()));
  std::copy_n(face.sh, 27, row(r->sh, 27));
  std::copy_n(pose.rotation, 9, row(r->rotation, 9));
  std::copy_n(pose.translation_mm, 3, row(r->translation_mm, 3));
  std::copy_n(pose.landmarks_px, 2 * kLandmarks, row(r->landmarks_px, 2 * kLandmarks));
  for (int k = 0; k < kLandmarks && !r->landmark_error_px.empty(); ++k) {
    row(r->landmark_error_px, kLandmarks)[k] =
        math::exp(face.landmark_log_sigma[k]) * static_cast<float>(face.crop.side);
  }
  r->clock.lap(Stage::kQuality);
}

}  // namespace

void build_result(const Engine& engine, const FrameInput& input, ResultWorkspace* w, FrameResult* r) {
  const FaceModel& model = engine.face_model();
  w->scratch.resize(static_cast<size_t>(model.scratch_size()));
  w->identity_mesh.resize(static_cast<size_t>(3 * model.controls()));
  bool has_sigma = !w->sources.empty();
  double largest_side = 0.0;
  for (const FaceSource& source : w->sources) {
    has_sigma = has_sigma && source.observation->has_sigma;
    largest_side = std::max(largest_side, source.observation->crop.side);
  }
  resize(engine, static_cast<int32_t>(w->sources.size()), has_sigma, r);
  r->metric = input.intrinsics != nullptr;
  if (r->metric) {
    std::copy_n(input.intrinsics, 9, r->intrinsics);
  } else {
    // No face is taken to be nearer than the network's virtual camera.
    assume_intrinsics(input.image.height, input.image.width, engine.options().field_of_view_deg,
                      engine.regressor().focal_ratio() * largest_side, r->intrinsics);
  }
  for (size_t i = 0; i < w->sources.size(); ++i) build_face(engine, input, w->sources[i], i, w, r);
}

}  // namespace facesdk
