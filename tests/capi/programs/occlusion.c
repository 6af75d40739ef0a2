/* What covers a face: occlusion ASSETS PICTURE.ppm FOLDER
 *
 * Writes occluded_share, expression_observed, the mask and the completed picture (RGB) of the first face into
 * FOLDER; then refuses what does not fit. */
#include <string.h>

#include "common.h"

static void write_array(const char* folder, const char* name, const void* data, size_t bytes) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE* file = fopen(path, "wb");
  if (file == NULL || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0) exit(2);
}

static void expect(const facesdk_api* api, facesdk_status got, facesdk_status wanted, const char* word) {
  if (got == wanted && strstr(api->last_message(), word) != NULL) return;
  fprintf(stderr, "got %s: %s, expected %s with %s\n", api->status_name(got), api->last_message(),
          api->status_name(wanted), word);
  exit(1);
}

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const facesdk_api* api = test_api();
  facesdk_options options = {.struct_size = sizeof options};
  must(api, api->options_init(&options), "options_init");
  for (int32_t mode = FACESDK_DEOCCLUDE_ALWAYS; mode >= FACESDK_DEOCCLUDE_OFF; --mode) {
    options.deocclude = mode;
    facesdk_engine* engine = NULL;
    must(api, api->engine_create(arguments[1], &options, &engine), "engine_create");
    facesdk_session* session = test_session(api, engine);
    facesdk_image image = test_image(arguments[2]);
    facesdk_result result = {.struct_size = sizeof result};
    must(api, api->reconstruct(session, &image, NULL, NULL, &result), "reconstruct");
    const size_t pixels = (size_t)result.width * (size_t)result.height;
    uint8_t* mask = malloc(pixels);
    if (mask == NULL || result.face_count < 1) return 2;
    facesdk_canvas canvas = {.struct_size = sizeof canvas,
                             .format = FACESDK_RGB8,
                             .width = result.width,
                             .height = result.height,
                             .pixels = (uint8_t*)image.pixels,
                             .stride = 3 * (int64_t)result.width};
    if (mode == FACESDK_DEOCCLUDE_ALWAYS) {
      write_array(arguments[3], "occluded_share", result.occluded_share.data, result.occluded_share.count * 8);
      write_array(arguments[3], "expression_observed", result.expression_observed.data,
                  result.expression_observed.count * 4);
      must(api, api->occlusion_mask(session, 0, mask, pixels), "occlusion_mask");
      write_array(arguments[3], "mask", mask, pixels);
      expect(api, api->occlusion_mask(session, 0, mask, pixels - 1), FACESDK_INVALID_ARGUMENT, "count");
      expect(api, api->occlusion_mask(session, 99, mask, pixels), FACESDK_INVALID_ARGUMENT, "face");
      expect(api, api->occlusion_mask(session, 0, NULL, pixels), FACESDK_INVALID_ARGUMENT, "mask");
      expect(api, api->occlusion_mask(NULL, 0, mask, pixels), FACESDK_INVALID_ARGUMENT, "session");
      must(api, api->paint_completion(session, 0, &canvas), "paint_completion");
      write_array(arguments[3], "completed", canvas.pixels, 3 * pixels);
      expect(api, api->paint_completion(session, 99, &canvas), FACESDK_INVALID_ARGUMENT, "face");
      expect(api, api->paint_completion(session, 0, NULL), FACESDK_INVALID_ARGUMENT, "canvas");
      ++canvas.width;
      expect(api, api->paint_completion(session, 0, &canvas), FACESDK_INVALID_IMAGE, "width");
    } else if (mode == FACESDK_DEOCCLUDE_OFF) {
      if (result.occluded_share.count != 0 || result.expression_observed.data != NULL) return 1;
      expect(api, api->occlusion_mask(session, 0, mask, pixels), FACESDK_INVALID_ARGUMENT, "DEOCCLUDE");
      expect(api, api->paint_completion(session, 0, &canvas), FACESDK_INVALID_ARGUMENT, "DEOCCLUDE");
    }
    free(mask);
    free((void*)image.pixels);
    api->session_destroy(session);
    api->engine_destroy(engine);
  }
  return 0;
}
