/* A program outside the project: the faces of a PPM picture. */
#include <facesdk.h>
#include <stdio.h>

static uint8_t pixels[4096 * 4096 * 3];

int main(int argc, char** argv) {
  const facesdk_api* api = facesdk_get_api(FACESDK_API_VERSION);
  facesdk_engine* engine = NULL;
  facesdk_session* session = NULL;
  facesdk_image image = {.struct_size = sizeof image, .format = FACESDK_RGB8, .pixels = pixels};
  facesdk_result result = {.struct_size = sizeof result};
  FILE* file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (file == NULL || fscanf(file, "P6 %d %d 255", &image.width, &image.height) != 2) return 2;
  fgetc(file);
  if (fread(pixels, 1, sizeof pixels, file) != 3 * (size_t)image.width * (size_t)image.height) return 2;
  image.stride = 3 * (int64_t)image.width;
  if (api->engine_create(ASSETS, NULL, &engine) != FACESDK_OK ||
      api->session_create(engine, &session) != FACESDK_OK ||
      api->reconstruct(session, &image, NULL, NULL, &result) != FACESDK_OK) {
    fprintf(stderr, "%s\n", api->last_message());
    return 1;
  }
  printf("%d faces\n", result.face_count);
  for (int i = 0; i < result.face_count; ++i) {
    const float* box = result.boxes_px.data + 4 * i;
    printf("%.0f %.0f %.0f %.0f\n", box[0], box[1], box[2], box[3]);
  }
  api->session_destroy(session);
  api->engine_destroy(engine);
  fclose(file);
  return 0;
}
