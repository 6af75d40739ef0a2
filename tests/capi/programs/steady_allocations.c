/* Allocations in the frames of a tracked video, each drawn: steady_allocations ASSETS PICTURE.ppm FRAMES
 *
 * malloc and its kin are this program's own, so that whatever the library asks for is counted. Prints the
 * number of faces and the allocations in frames 0 to 9 and from frame 10 on. */
#include <errno.h>
#include <string.h>

#include "common.h"

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

static long allocations = 0;

void* malloc(size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, size_t bytes) {
  ++allocations;
  return __libc_realloc(memory, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** out, size_t alignment, size_t bytes) {
  ++allocations;
  *out = __libc_memalign(alignment, bytes);
  return *out == NULL ? ENOMEM : 0;
}

/* Every second pixel, as BGR so that the frames are converted: a small picture makes quick frames. */
static uint8_t* halve(const facesdk_image* from, int32_t side) {
  uint8_t* out = malloc(3 * (size_t)side * (size_t)side);
  if (out == NULL) exit(2);
  for (int32_t y = 0; y < side; ++y) {
    for (int32_t x = 0; x < side; ++x) {
      const uint8_t* p = from->pixels + 2 * y * from->stride + 6 * x;
      uint8_t* to = out + 3 * (y * side + x);
      to[0] = p[2], to[1] = p[1], to[2] = p[0];
    }
  }
  return out;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  enum { kMargin = 12 };
  const facesdk_api* api = test_api();
  facesdk_engine* engine = test_engine(api, argv[1], FACESDK_PRESET_DEFAULT);
  facesdk_session* session = test_session(api, engine);
  const facesdk_image photo = test_image(argv[2]);
  const int32_t side = (photo.width < photo.height ? photo.width : photo.height) / 2;
  uint8_t* small = halve(&photo, side);
  facesdk_image image = {.struct_size = sizeof image, .format = FACESDK_BGR8, .stride = 3 * (int64_t)side};
  facesdk_result result = {.struct_size = sizeof result};
  image.width = image.height = side - kMargin;
  facesdk_canvas canvas = {.struct_size = sizeof canvas, .format = FACESDK_RGB8};
  canvas.width = canvas.height = side - kMargin;
  canvas.stride = 3 * (int64_t)canvas.width;
  canvas.pixels = malloc((size_t)(canvas.stride * canvas.height));
  if (canvas.pixels == NULL) return 2;
  long first = 0, steady = 0, faces = 0;
  const int frames = atoi(argv[3]);
  for (int frame = 0; frame < frames; ++frame) {
    /* To and fro, along and across at different speeds. */
    const int x = abs(frame % (2 * kMargin) - kMargin), y = abs(frame / 3 % (2 * kMargin) - kMargin);
    image.pixels = small + 3 * (y * side + x);
    const long before = allocations;
    must(api, api->track(session, &image, NULL, NULL, &result), "track");
    if (result.face_count > 0) must(api, api->draw_face(session, 0, &canvas), "draw_face");
    *(frame < 10 ? &first : &steady) += allocations - before;
    if (result.face_count == 1 && result.tracks.data[0] == 0) ++faces;
  }
  printf("followed %ld first %ld steady %ld\n", faces, first, steady);
  api->session_destroy(session);
  api->engine_destroy(engine);
  free(canvas.pixels);
  free(small);
  free((void*)photo.pixels);
  return 0;
}
