/* What the test programs share: one run of the API that must succeed, PPM pictures, digests. */
#ifndef CAPI_TEST_COMMON_H
#define CAPI_TEST_COMMON_H

#include <facesdk.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../../examples/c/read_ppm.h"

static inline const facesdk_api* test_api(void) {
  const facesdk_api* api = facesdk_get_api(FACESDK_API_VERSION);
  if (api == NULL) {
    fprintf(stderr, "no API of version %u\n", FACESDK_API_VERSION);
    exit(2);
  }
  return api;
}

static inline void must(const facesdk_api* api, facesdk_status status, const char* what) {
  if (status == FACESDK_OK) return;
  fprintf(stderr, "%s: %s: %s\n", what, api->status_name(status), api->last_message());
  exit(1);
}

static inline facesdk_engine* test_engine(const facesdk_api* api, const char* assets, int32_t preset) {
  facesdk_engine* engine = NULL;
  facesdk_options options = {.struct_size = sizeof options};
  must(api, api->options_init(&options), "options_init");
  options.preset = preset;
  must(api, api->engine_create(assets, &options, &engine), "engine_create");
  return engine;
}

static inline facesdk_session* test_session(const facesdk_api* api, facesdk_engine* engine) {
  facesdk_session* session = NULL;
  must(api, api->session_create(engine, &session), "session_create");
  return session;
}

static inline facesdk_image test_image(const char* ppm) {
  facesdk_image image = {.struct_size = sizeof image, .format = FACESDK_RGB8};
  image.pixels = read_ppm(ppm, &image.width, &image.height);
  if (image.pixels == NULL) {
    fprintf(stderr, "%s: no PPM picture\n", ppm);
    exit(2);
  }
  image.stride = 3 * (int64_t)image.width;
  return image;
}

/* FNV-1a over bytes, 64 bits. */
static inline uint64_t digest(uint64_t hash, const void* data, size_t bytes) {
  const uint8_t* p = data;
  for (size_t i = 0; i < bytes; ++i) hash = (hash ^ p[i]) * 0x100000001b3u;
  return hash;
}

#define EMPTY_DIGEST 0xcbf29ce484222325u

/* All arrays of a result by their bits, in the order of the struct. */
static inline uint64_t result_digest(const facesdk_result* r) {
  uint64_t hash = digest(EMPTY_DIGEST, &r->face_count, sizeof r->face_count);
#define ADD(array) hash = digest(hash, r->array.data, r->array.count * sizeof *r->array.data)
  ADD(intrinsics);
  ADD(boxes_px);
  ADD(scores);
  ADD(quality);
  ADD(quality_reasons);
  ADD(tracks);
  ADD(landmarks_px);
  ADD(landmark_error_px);
  ADD(rotation);
  ADD(translation_mm);
  ADD(identity);
  ADD(albedo);
  ADD(expression);
  ADD(arkit);
  ADD(sh);
  ADD(vertices_mm);
#undef ADD
  return hash;
}

#endif
