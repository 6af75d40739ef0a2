// The table of functions: each checks its handles, calls, and turns exceptions into codes.
#include <cstddef>
#include <memory>
#include <utility>

#include "capi/arguments.h"
#include "capi/engine_handle.h"
#include "capi/session_handle.h"
#include "capi/status.h"
#include "common/cpu_features.h"
#include "facesdk.h"
#include "pipeline/quality.h"

#if defined(__x86_64__) || defined(_M_X64)
#define FACESDK_TARGET "x86_64"
#elif defined(__aarch64__) || defined(_M_ARM64)
#define FACESDK_TARGET "aarch64"
#else
#define FACESDK_TARGET "unknown"
#endif
#if defined(__VERSION__)
#define FACESDK_COMPILER __VERSION__
#else
#define FACESDK_COMPILER "unknown"
#endif

namespace facesdk::capi {
namespace {

const char* library_version() { return FACESDK_VERSION; }

const char* build_info() {
  return "facesdk " FACESDK_VERSION ", compiler " FACESDK_COMPILER ", target " FACESDK_TARGET;
}

const char* vector_level_in_use() { return vector_level_name(vector_level()); }

const char* quality_reason_name(uint32_t reason) {
  for (int i = 0; i < kQualityReasons; ++i) {
    if (reason == 1u << i) return kQualityReasonNames[i];
  }
  return nullptr;
}

// Size of the options in version 1 of the API as it was first released.
constexpr uint32_t kFirstOptions = offsetof(facesdk_options, detection_interval);
constexpr uint32_t kFirstResult = offsetof(facesdk_result, occluded_share);

facesdk_status options_init(facesdk_options* options) {
  return guarded([&] {
    struct_size(options, kFirstOptions, "options");
    write_struct(default_options(), options);
  });
}

facesdk_status engine_create(const char* folder, const facesdk_options* options, facesdk_engine** engine) {
  return guarded([&] {
    given(engine, "engine") = nullptr;
    given(folder, "folder");
    const facesdk_options defaults = default_options();
    const facesdk_options settings =
        options == nullptr ? defaults : read_struct(options, kFirstOptions, "options", defaults);
    auto shared = std::make_shared<const SharedEngine>(folder, settings);
    const Memory& memory = shared->memory();
    *engine = create<facesdk_engine>(memory, std::move(shared));
  });
}

void engine_destroy(facesdk_engine* engine) {
  if (engine == nullptr) return;
  const Memory memory = engine->shared->memory();
  destroy(memory, engine);
}

facesdk_status engine_model(const facesdk_engine* engine, facesdk_model* model) {
  return guarded([&] {
    given(engine, "engine");
    struct_size(model, sizeof(facesdk_model), "model");
    write_struct(engine->shared->model(), model);
  });
}

facesdk_status session_create(facesdk_engine* engine, facesdk_session** session) {
  return guarded([&] {
    given(session, "session") = nullptr;
    given(engine, "engine");
    *session = create<facesdk_session>(engine->shared->memory(), engine->shared);
  });
}

void session_destroy(facesdk_session* session) {
  if (session == nullptr) return;
  const Memory memory = session->handle.memory();
  destroy(memory, session);
}

facesdk_status session_reset(facesdk_session* session) {
  return guarded([&] { given(session, "session").handle.reset(); });
}

template <Mode kMode>
facesdk_status frame(facesdk_session* session, const facesdk_image* image, const float* intrinsics,
                     const facesdk_boxes* boxes, facesdk_result* result) {
  return guarded([&] {
    given(session, "session");
    struct_size(result, kFirstResult, "result");
    write_struct(session->handle.frame(kMode, given(image, "image"), intrinsics, boxes), result);
  });
}

using Derived = void (SessionHandle::*)(int32_t, float*, size_t);

template <Derived kDerived>
facesdk_status derived(facesdk_session* session, int32_t face, float* out, size_t count) {
  return guarded([&] { (given(session, "session").handle.*kDerived)(face, out, count); });
}

facesdk_status draw_face(facesdk_session* session, int32_t face, const facesdk_canvas* canvas) {
  return guarded([&] { given(session, "session").handle.draw_face(face, given(canvas, "canvas")); });
}

facesdk_status occlusion_mask(facesdk_session* session, int32_t face, uint8_t* mask, size_t count) {
  return guarded([&] { given(session, "session").handle.occlusion_mask(face, mask, count); });
}

facesdk_status paint_completion(facesdk_session* session, int32_t face, const facesdk_canvas* canvas) {
  return guarded([&] { given(session, "session").handle.paint_completion(face, given(canvas, "canvas")); });
}

constexpr facesdk_api kApi = {sizeof(facesdk_api),
                              FACESDK_API_VERSION,
                              &library_version,
                              &build_info,
                              &vector_level_in_use,
                              &status_name,
                              &quality_reason_name,
                              &last_message,
                              &options_init,
                              &engine_create,
                              &engine_destroy,
                              &engine_model,
                              &session_create,
                              &session_destroy,
                              &session_reset,
                              &frame<Mode::kReconstruct>,
                              &frame<Mode::kTrack>,
                              &derived<&SessionHandle::vertex_normals>,
                              &derived<&SessionHandle::vertices_camera>,
                              &derived<&SessionHandle::vertices_picture>,
                              &derived<&SessionHandle::vertex_albedo>,
                              &derived<&SessionHandle::vertex_colors>,
                              &draw_face,
                              &occlusion_mask,
                              &paint_completion};

}  // namespace
}  // namespace facesdk::capi

extern "C" const facesdk_api* facesdk_get_api(uint32_t version) {
  return version >= 1 && version <= FACESDK_API_VERSION ? &facesdk::capi::kApi : nullptr;
}
