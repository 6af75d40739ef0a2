/* A raw video on stdin to landmarks on stdout: landmark_stream ASSETS rgb|nv12 WIDTH HEIGHT
 *
 * One line for each face of a frame: frame, track, score, then x y of the 68 landmarks in px. For example
 *     ffmpeg -i video.mp4 -f rawvideo -pix_fmt nv12 - | landmark_stream assets nv12 1280 720 */
#include <facesdk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_faces(long frame, const facesdk_result* result) {
  for (int32_t i = 0; i < result->face_count; ++i) {
    const float* points = result->landmarks_px.data + 2 * FACESDK_LANDMARKS * i;
    printf("%ld %ld %.3f", frame, (long)result->tracks.data[i], result->scores.data[i]);
    for (int k = 0; k < 2 * FACESDK_LANDMARKS; ++k) printf(" %.2f", points[k]);
    putchar('\n');
  }
  fflush(stdout);
}

/* 0 at the end of the video. */
static int follow(const facesdk_api* api, facesdk_session* session, facesdk_image* image,
                  size_t frame_bytes) {
  facesdk_result result = {.struct_size = sizeof result};
  uint8_t* pixels = malloc(frame_bytes);
  int failed = pixels == NULL;
  image->pixels = pixels;
  if (image->format == FACESDK_NV12 && !failed) image->chroma = pixels + image->stride * image->height;
  for (long frame = 0; !failed && fread(pixels, 1, frame_bytes, stdin) == frame_bytes; ++frame) {
    failed = api->track(session, image, NULL, NULL, &result) != FACESDK_OK;
    if (failed) {
      fprintf(stderr, "frame %ld: %s\n", frame, api->last_message());
    } else {
      print_faces(frame, &result);
    }
  }
  free(pixels);
  return failed;
}

int main(int argc, char** argv) {
  const facesdk_api* api = facesdk_get_api(FACESDK_API_VERSION);
  const int nv12 = argc == 5 && strcmp(argv[2], "nv12") == 0;
  facesdk_options options = {.struct_size = sizeof options};
  facesdk_image image = {.struct_size = sizeof image};
  facesdk_engine* engine = NULL;
  facesdk_session* session = NULL;
  int failed = 1;
  if (argc != 5 || (!nv12 && strcmp(argv[2], "rgb") != 0) || atoi(argv[3]) < 1 || atoi(argv[4]) < 1) {
    fprintf(stderr, "usage: landmark_stream ASSETS rgb|nv12 WIDTH HEIGHT < VIDEO\n");
    return 2;
  }
  if (api == NULL) {
    fprintf(stderr, "libfacesdk is older than the header\n");
    return 2;
  }
  image.format = nv12 ? FACESDK_NV12 : FACESDK_RGB8;
  image.width = atoi(argv[3]);
  image.height = atoi(argv[4]);
  image.stride = (int64_t)image.width * (nv12 ? 1 : 3);
  image.chroma_stride = nv12 ? image.width : 0;
  if (api->options_init(&options) != FACESDK_OK ||
      api->engine_create(argv[1], &options, &engine) != FACESDK_OK ||
      api->session_create(engine, &session) != FACESDK_OK) {
    fprintf(stderr, "%s\n", api->last_message());
  } else {
    const size_t luma = (size_t)image.stride * (size_t)image.height;
    failed = follow(api, session, &image, nv12 ? luma + luma / 2 : luma);
  }
  api->session_destroy(session);
  api->engine_destroy(engine);
  return failed;
}
