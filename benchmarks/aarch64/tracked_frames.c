/* Track one picture as a video of FRAMES frames and draw the face in each: tracked_frames ASSETS PICTURE.ppm FRAMES */
#include <stdio.h>
#include <stdlib.h>

#include "facesdk.h"
#include "read_ppm.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const facesdk_api* api = facesdk_get_api(FACESDK_API_VERSION);
  facesdk_options options = {.struct_size = sizeof options};
  api->options_init(&options);
  options.max_faces = 1; /* no search for others */
  facesdk_engine* engine = NULL;
  facesdk_session* session = NULL;
  if (api->engine_create(argv[1], &options, &engine) != FACESDK_OK ||
      api->session_create(engine, &session) != FACESDK_OK) {
    fprintf(stderr, "%s\n", api->last_message());
    return 1;
  }
  facesdk_image image = {.struct_size = sizeof image, .format = FACESDK_RGB8};
  uint8_t* const pixels = read_ppm(argv[2], &image.width, &image.height);
  if (pixels == NULL) return 1;
  image.pixels = pixels, image.stride = 3 * (int64_t)image.width;
  uint8_t* const drawn = malloc((size_t)image.stride * (size_t)image.height);
  const facesdk_canvas canvas = {.struct_size = sizeof canvas, .format = FACESDK_RGB8, .width = image.width,
                                 .height = image.height, .pixels = drawn, .stride = image.stride};
  facesdk_result result = {.struct_size = sizeof result};
  facesdk_status status = drawn == NULL ? FACESDK_OUT_OF_MEMORY : FACESDK_OK;
  for (int i = 0; i < atoi(argv[3]) && status == FACESDK_OK; ++i) {
    status = api->track(session, &image, NULL, NULL, &result);
    if (status == FACESDK_OK && result.face_count == 1) status = api->draw_face(session, 0, &canvas);
  }
  printf("%d %s\n", result.face_count, api->vector_level());
  api->session_destroy(session);
  api->engine_destroy(engine);
  free(drawn);
  free(pixels);
  return status == FACESDK_OK && result.face_count == 1 ? 0 : 1;
}
