/* Every bad argument gives its code and a line that names it: bad_input ASSETS PICTURE.ppm
 *
 * Prints each case that fails; exits with 1 where there was one. */
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "common.h"

static const facesdk_api* api;
static int failures = 0;

/* line: what the message must hold. */
static void expect(facesdk_status status, facesdk_status expected, const char* line, const char* what) {
  if (status == expected && (status == FACESDK_OK || strstr(api->last_message(), line) != NULL)) return;
  ++failures;
  printf("%s: got %s (%s), expected %s with '%s'\n", what, api->status_name(status),
         status == FACESDK_OK ? "" : api->last_message(), api->status_name(expected), line);
}

static void check_versions(void) {
  const uint32_t wrong[] = {0, FACESDK_API_VERSION + 1, UINT32_MAX};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
    if (facesdk_get_api(wrong[i]) != NULL) ++failures, printf("version %u: got a table\n", wrong[i]);
  }
  if (api->struct_size < sizeof(facesdk_api) || api->version < 1)
    ++failures, puts("table: its size or version");
  if (strcmp(api->status_name(-5), "unknown status") != 0) ++failures, puts("status_name(-5)");
  if (api->quality_reason_name(3) != NULL || api->quality_reason_name(0) != NULL) ++failures, puts("reasons");
  if (strcmp(api->quality_reason_name(FACESDK_REASON_SMALL), "small") != 0) ++failures, puts("reason small");
}

static void* one_hook(void* context, size_t bytes, size_t alignment) {
  (void)context, (void)bytes, (void)alignment;
  return NULL;
}

/* One field of the options out of its range. */
#define BAD_OPTION(field, value, line)                                                                       \
  do {                                                                                                       \
    facesdk_options options = {.struct_size = sizeof options};                                               \
    facesdk_engine* engine = (facesdk_engine*)&options;                                                      \
    must(api, api->options_init(&options), "options_init");                                                  \
    options.field = (value);                                                                                 \
    expect(api->engine_create(assets, &options, &engine), FACESDK_INVALID_OPTIONS, line, #field " " #value); \
    if (engine != NULL) ++failures, puts(#field ": the engine is not NULL");                                 \
  } while (0)

static void check_options(const char* assets) {
  BAD_OPTION(preset, 2, "preset");
  BAD_OPTION(max_faces, 0, "max_faces");
  BAD_OPTION(max_faces, 1001, "max_faces");
  BAD_OPTION(passes, 4, "passes");
  BAD_OPTION(threads, 0, "threads");
  BAD_OPTION(threads, INT32_MIN, "threads");
  BAD_OPTION(mesh, 2, "mesh");
  BAD_OPTION(deocclude, 3, "deocclude");
  BAD_OPTION(deocclude, -1, "deocclude");
  BAD_OPTION(reserved, 1, "reserved");
  BAD_OPTION(detection_interval, 0, "detection_interval");
  BAD_OPTION(detection_interval, 10001, "detection_interval");
  BAD_OPTION(min_detector_score, NAN, "min_detector_score");
  BAD_OPTION(min_detector_score, 1.5f, "min_detector_score");
  BAD_OPTION(min_face_px, -1.0f, "min_face_px");
  BAD_OPTION(field_of_view_deg, HUGE_VAL, "field_of_view_deg");
  BAD_OPTION(allocator.allocate, one_hook, "allocator");
}

static void check_engine(const char* assets) {
  facesdk_engine* engine = NULL;
  struct {
    facesdk_options known;
    uint64_t later;
  } newer;
  memset(&newer, 0, sizeof newer);
  newer.known.struct_size = sizeof newer;
  expect(api->options_init(NULL), FACESDK_INVALID_ARGUMENT, "options", "options_init(NULL)");
  newer.known.struct_size = 8;
  expect(api->options_init(&newer.known), FACESDK_INVALID_ARGUMENT, "struct_size", "options of 8 bytes");
  newer.known.struct_size = offsetof(facesdk_options, detection_interval);
  newer.known.detection_interval = -1;
  expect(api->options_init(&newer.known), FACESDK_OK, "", "options of the first version");
  if (newer.known.detection_interval != -1) ++failures, puts("options_init wrote past the caller's struct");
  expect(api->engine_create(assets, &newer.known, &engine), FACESDK_OK, "", "an engine of the first version");
  api->engine_destroy(engine);
  newer.known.struct_size = sizeof newer;
  expect(api->options_init(&newer.known), FACESDK_OK, "", "options of a later version");
  newer.later = 1;
  expect(api->engine_create(assets, &newer.known, &engine), FACESDK_INVALID_ARGUMENT, "later version",
         "an option that the library does not know");
  expect(api->engine_create(NULL, NULL, &engine), FACESDK_INVALID_ARGUMENT, "folder", "folder NULL");
  expect(api->engine_create(assets, NULL, NULL), FACESDK_INVALID_ARGUMENT, "engine", "engine NULL");
  expect(api->engine_create("no such folder", NULL, &engine), FACESDK_ASSET_ERROR, "manifest.json",
         "no folder");
  expect(api->engine_create("", NULL, &engine), FACESDK_ASSET_ERROR, "manifest.json", "empty folder name");
  if (engine != NULL) ++failures, puts("engine_create: an engine after a failure");
  newer.known.struct_size = sizeof newer.known;
  newer.known.detector_path = "no such.plan";
  expect(api->engine_create(assets, &newer.known, &engine), FACESDK_ASSET_ERROR, "no such.plan",
         "detector_path");
  expect(api->engine_model(NULL, NULL), FACESDK_INVALID_ARGUMENT, "engine", "engine_model(NULL)");
  api->engine_destroy(NULL);
  api->session_destroy(NULL);
}

static void check_session(facesdk_engine* engine, const facesdk_image* image) {
  facesdk_session* session = NULL;
  facesdk_model model = {.struct_size = 3};
  facesdk_result result = {.struct_size = sizeof result};
  float few[3];
  expect(api->engine_model(engine, NULL), FACESDK_INVALID_ARGUMENT, "model", "model NULL");
  expect(api->engine_model(engine, &model), FACESDK_INVALID_ARGUMENT, "struct_size", "model of 3 bytes");
  expect(api->session_create(engine, NULL), FACESDK_INVALID_ARGUMENT, "session", "session NULL");
  expect(api->session_create(NULL, &session), FACESDK_INVALID_ARGUMENT, "engine", "session of no engine");
  expect(api->session_reset(NULL), FACESDK_INVALID_ARGUMENT, "session", "session_reset(NULL)");
  must(api, api->session_create(engine, &session), "session_create");
  expect(api->vertex_normals(session, 0, few, 3), FACESDK_INVALID_ARGUMENT, "session",
         "normals of no result");
  expect(api->reconstruct(NULL, image, NULL, NULL, &result), FACESDK_INVALID_ARGUMENT, "session",
         "no session");
  expect(api->reconstruct(session, NULL, NULL, NULL, &result), FACESDK_INVALID_ARGUMENT, "image", "no image");
  expect(api->track(session, image, NULL, NULL, NULL), FACESDK_INVALID_ARGUMENT, "result", "no result");
  result.struct_size = 0;
  expect(api->track(session, image, NULL, NULL, &result), FACESDK_INVALID_ARGUMENT, "struct_size",
         "result size 0");
  result.struct_size = sizeof result;
  must(api, api->reconstruct(session, image, NULL, NULL, &result), "reconstruct");
  if (result.face_count != 1) ++failures, puts("the sample's face is missing");
  expect(api->vertex_normals(session, -1, few, 3), FACESDK_INVALID_ARGUMENT, "face", "face -1");
  expect(api->vertex_normals(session, 1, few, 3), FACESDK_INVALID_ARGUMENT, "face", "face 1 of 1");
  expect(api->vertices_camera(session, 0, few, 3), FACESDK_INVALID_ARGUMENT, "count", "too few vertices");
  expect(api->vertices_picture(session, 0, NULL, 3), FACESDK_INVALID_ARGUMENT, "output", "vertices to NULL");
  expect(api->vertex_normals(NULL, 0, few, 3), FACESDK_INVALID_ARGUMENT, "session", "normals of NULL");
  api->session_destroy(session);
}

/* One field of the image that does not fit. */
#define BAD_IMAGE(base, field, value, line)                                                     \
  do {                                                                                          \
    facesdk_image image = base;                                                                 \
    image.field = (value);                                                                      \
    expect(api->reconstruct(session, &image, NULL, NULL, &result), FACESDK_INVALID_IMAGE, line, \
           #base "." #field " " #value);                                                        \
  } while (0)

static void check_images(facesdk_session* session, const facesdk_image* sample) {
  facesdk_result result = {.struct_size = sizeof result};
  const facesdk_image rgb = *sample;
  facesdk_image nv12 = *sample;
  nv12.format = FACESDK_NV12;
  nv12.chroma = sample->pixels;
  nv12.chroma_stride = sample->stride;
  BAD_IMAGE(rgb, format, -1, "format");
  BAD_IMAGE(rgb, format, FACESDK_NV12 + 1, "format");
  BAD_IMAGE(rgb, width, 0, "width");
  BAD_IMAGE(rgb, width, INT32_MIN, "width");
  BAD_IMAGE(rgb, width, INT32_MAX, "width");
  BAD_IMAGE(rgb, height, 0, "height");
  BAD_IMAGE(rgb, height, 65536, "height");
  BAD_IMAGE(rgb, pixels, NULL, "pixels");
  BAD_IMAGE(rgb, stride, 3 * rgb.width - 1, "stride");
  BAD_IMAGE(rgb, stride, -rgb.stride, "stride");
  BAD_IMAGE(rgb, stride, INT64_MAX, "stride");
  BAD_IMAGE(rgb, rotation, 45, "rotation");
  BAD_IMAGE(rgb, rotation, -90, "rotation");
  BAD_IMAGE(rgb, chroma, sample->pixels, "chroma");
  BAD_IMAGE(nv12, chroma, NULL, "chroma");
  BAD_IMAGE(nv12, chroma_stride, nv12.width - 1, "chroma_stride");
  BAD_IMAGE(nv12, width, nv12.width - 1, "even");
  BAD_IMAGE(nv12, height, nv12.height - 1, "even");
  facesdk_image many = rgb;
  many.width = many.height = 65535;
  many.stride = 3 * 65535;
  expect(api->reconstruct(session, &many, NULL, NULL, &result), FACESDK_INVALID_IMAGE, "px", "4 gigapixels");
  many.struct_size = 4;
  expect(api->reconstruct(session, &many, NULL, NULL, &result), FACESDK_INVALID_ARGUMENT, "struct_size",
         "size 4");
}

static void bad_camera(facesdk_session* session, const facesdk_image* image, int at, float value) {
  facesdk_result result = {.struct_size = sizeof result};
  float k[9] = {500, 0, 255.5f, 0, 500, 255.5f, 0, 0, 1};
  k[at] = value;
  expect(api->reconstruct(session, image, k, NULL, &result), FACESDK_INVALID_ARGUMENT, "intrinsics",
         "intrinsics");
}

static void bad_box(facesdk_session* session, const facesdk_image* image, int at, float value) {
  facesdk_result result = {.struct_size = sizeof result};
  float box[5] = {100, 100, 300, 300, 1};
  facesdk_boxes boxes = {.struct_size = sizeof boxes, .boxes_px = box, .scores = box + 4, .count = 1};
  box[at] = value;
  expect(api->track(session, image, NULL, &boxes, &result), FACESDK_INVALID_ARGUMENT, "boxes", "boxes");
}

/* Boxes in 0..1 are refused; equal ones are one face. */
static void check_boxes(facesdk_session* session, const facesdk_image* image) {
  facesdk_result result = {.struct_size = sizeof result};
  float normalised[] = {0.3f, 0.1f, 0.6f, 0.5f, 0.0f, 0.0f, 1.0f, 1.02f};
  float equal[] = {100, 100, 300, 300, 101, 99, 300, 302, 100, 100, 300, 300};
  facesdk_boxes boxes = {.struct_size = sizeof boxes, .boxes_px = normalised};
  for (boxes.count = 1; boxes.count <= 2; ++boxes.count) {
    expect(api->reconstruct(session, image, NULL, &boxes, &result), FACESDK_INVALID_ARGUMENT, "normalised",
           "normalised boxes");
  }
  boxes.boxes_px = equal;
  boxes.count = 3;
  must(api, api->reconstruct(session, image, NULL, &boxes, &result), "equal boxes");
  if (result.face_count != 1) ++failures, puts("equal boxes give more than one face");
}

static void check_arguments(facesdk_session* session, const facesdk_image* image) {
  facesdk_result result = {.struct_size = sizeof result};
  facesdk_boxes boxes = {.struct_size = sizeof boxes, .count = 1};
  bad_camera(session, image, 0, 0.0f);
  bad_camera(session, image, 4, -500.0f);
  bad_camera(session, image, 2, NAN);
  bad_camera(session, image, 5, INFINITY);
  bad_camera(session, image, 6, 0.1f);
  bad_camera(session, image, 8, 2.0f);
  bad_box(session, image, 0, 300.0f);
  bad_box(session, image, 1, NAN);
  bad_box(session, image, 2, INFINITY);
  bad_box(session, image, 2, 1e30f);
  bad_box(session, image, 1, -1.1e6f);
  bad_box(session, image, 4, 1.5f);
  bad_box(session, image, 4, NAN);
  expect(api->reconstruct(session, image, NULL, &boxes, &result), FACESDK_INVALID_ARGUMENT, "boxes_px",
         "boxes NULL");
  boxes.count = SIZE_MAX;
  expect(api->reconstruct(session, image, NULL, &boxes, &result), FACESDK_INVALID_ARGUMENT, "count",
         "many boxes");
  boxes.struct_size = 0;
  expect(api->reconstruct(session, image, NULL, &boxes, &result), FACESDK_INVALID_ARGUMENT, "struct_size",
         "boxes");
}

/* Rare, but right: sizes at the ends of their ranges, faces beyond the picture. */
static void check_extremes(facesdk_session* session) {
  static const int32_t kSizes[][2] = {{1, 1}, {65535, 1}, {1, 65535}, {2, 3}, {31, 33}};
  facesdk_result result = {.struct_size = sizeof result};
  uint8_t* pixels = calloc(3 * 65535, 2);
  float box[] = {-1e6f, -1e6f, -9e5f, -9e5f, 0, 0, 1e-3f, 1e-3f, -1e6f, -1e6f, 1e6f, 1e6f};
  facesdk_boxes boxes = {.struct_size = sizeof boxes, .boxes_px = box};
  if (pixels == NULL) exit(2);
  for (size_t i = 0; i < sizeof kSizes / sizeof *kSizes; ++i) {
    facesdk_image image = {.struct_size = sizeof image, .format = FACESDK_BGR8, .pixels = pixels};
    image.width = kSizes[i][0], image.height = kSizes[i][1];
    image.stride = 3 * (int64_t)image.width + 1;
    if (image.width == 1) image.stride = 3;
    for (boxes.count = 0; boxes.count <= 3; ++boxes.count) {
      expect(api->reconstruct(session, &image, NULL, boxes.count == 0 ? NULL : &boxes, &result), FACESDK_OK,
             "", "a picture of a rare size");
      expect(api->track(session, &image, NULL, &boxes, &result), FACESDK_OK, "", "a frame of a rare size");
    }
  }
  free(pixels);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  api = test_api();
  facesdk_engine* engine = test_engine(api, argv[1], FACESDK_PRESET_TINY);
  facesdk_session* session = test_session(api, engine);
  facesdk_image image = test_image(argv[2]);
  facesdk_result result = {.struct_size = sizeof result};
  check_versions();
  check_options(argv[1]);
  check_engine(argv[1]);
  check_session(engine, &image);
  check_images(session, &image);
  check_arguments(session, &image);
  check_boxes(session, &image);
  check_extremes(session);
  must(api, api->session_reset(session), "session_reset");
  must(api, api->reconstruct(session, &image, NULL, NULL, &result), "reconstruct after all errors");
  if (result.face_count != 1) ++failures, puts("the session is damaged by errors");
  api->session_destroy(session);
  api->engine_destroy(engine);
  free((void*)image.pixels);
  return failures == 0 ? 0 : 1;
}
