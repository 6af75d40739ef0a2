/* Digests of a result: result_digest ASSETS PICTURE.ppm default|tiny [FOLDER]
 *
 * The picture is reconstructed and then followed over four frames that move by two pixels each. Prints
 * the digest of every array of the reconstruction, of the whole of it, and of the tracked frames; with
 * FOLDER, writes the arrays of the reconstruction there. */
#include <inttypes.h>
#include <string.h>

#include "common.h"

static void report(const char* folder, const char* name, const void* data, size_t bytes) {
  printf("%s %016" PRIx64 "\n", name, digest(EMPTY_DIGEST, data, bytes));
  if (folder == NULL) return;
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE* file = fopen(path, "wb");
  if (file == NULL || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0) {
    fprintf(stderr, "%s: cannot be written\n", path);
    exit(2);
  }
}

static void report_result(const char* folder, const facesdk_result* r) {
#define REPORT(array) report(folder, #array, r->array.data, r->array.count * sizeof *r->array.data)
  REPORT(intrinsics);
  REPORT(boxes_px);
  REPORT(scores);
  REPORT(quality);
  REPORT(quality_reasons);
  REPORT(tracks);
  REPORT(landmarks_px);
  REPORT(landmark_error_px);
  REPORT(rotation);
  REPORT(translation_mm);
  REPORT(identity);
  REPORT(albedo);
  REPORT(expression);
  REPORT(arkit);
  REPORT(sh);
  REPORT(vertices_mm);
#undef REPORT
}

/* The first face drawn over a gray picture, and its depth. */
static void report_drawn(const facesdk_api* api, facesdk_session* session, const char* folder,
                         const facesdk_result* result) {
  const size_t pixels = (size_t)result->width * (size_t)result->height;
  facesdk_canvas canvas = {.struct_size = sizeof canvas, .format = FACESDK_RGB8};
  canvas.width = result->width, canvas.height = result->height;
  canvas.stride = 3 * (int64_t)canvas.width;
  canvas.pixels = malloc(3 * pixels);
  canvas.depth_mm = calloc(pixels, sizeof *canvas.depth_mm);
  if (canvas.pixels == NULL || canvas.depth_mm == NULL) exit(2);
  memset(canvas.pixels, 77, 3 * pixels);
  must(api, api->draw_face(session, 0, &canvas), "draw_face");
  report(folder, "draw_face", canvas.pixels, 3 * pixels);
  report(folder, "depth_mm", canvas.depth_mm, pixels * sizeof *canvas.depth_mm);
  free(canvas.pixels);
  free(canvas.depth_mm);
}

/* Normals, camera and picture coordinates, albedo and colours of the first face. */
static void report_derived(const facesdk_api* api, facesdk_session* session, const char* folder,
                           size_t count) {
  float* out = malloc(count * sizeof *out);
  if (out == NULL) exit(2);
  must(api, api->vertex_normals(session, 0, out, count), "vertex_normals");
  report(folder, "vertex_normals", out, count * sizeof *out);
  must(api, api->vertices_camera(session, 0, out, count), "vertices_camera");
  report(folder, "vertices_camera", out, count * sizeof *out);
  must(api, api->vertices_picture(session, 0, out, count), "vertices_picture");
  report(folder, "vertices_picture", out, count * sizeof *out);
  must(api, api->vertex_albedo(session, 0, out, count), "vertex_albedo");
  report(folder, "vertex_albedo", out, count * sizeof *out);
  must(api, api->vertex_colors(session, 0, out, count), "vertex_colors");
  report(folder, "vertex_colors", out, count * sizeof *out);
  free(out);
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const facesdk_api* api = test_api();
  const int32_t preset = strcmp(argv[3], "tiny") == 0 ? FACESDK_PRESET_TINY : FACESDK_PRESET_DEFAULT;
  const char* folder = argc > 4 ? argv[4] : NULL;
  facesdk_engine* engine = test_engine(api, argv[1], preset);
  facesdk_session* session = test_session(api, engine);
  facesdk_image image = test_image(argv[2]);
  uint8_t* pixels = (uint8_t*)image.pixels;
  facesdk_result result = {.struct_size = sizeof result};
  must(api, api->reconstruct(session, &image, NULL, NULL, &result), "reconstruct");
  printf("level %s\nfaces %d\n", api->vector_level(), result.face_count);
  report_result(folder, &result);
  printf("reconstruct %016" PRIx64 "\n", result_digest(&result));
  if (result.face_count > 0) {
    report_derived(api, session, folder, result.vertices_mm.count / (size_t)result.face_count);
    report_drawn(api, session, folder, &result);
  }
  uint64_t tracked = EMPTY_DIGEST;
  image.width -= 8;
  for (int frame = 0; frame < 5; ++frame) {
    image.pixels = pixels + 6 * frame;
    must(api, api->track(session, &image, NULL, NULL, &result), "track");
    const uint64_t one = result_digest(&result);
    tracked = digest(tracked, &one, sizeof one);
  }
  printf("track %016" PRIx64 "\n", tracked);
  api->session_destroy(session);
  api->engine_destroy(engine);
  free(pixels);
  return 0;
}
