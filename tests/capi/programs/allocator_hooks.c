/* The caller's memory: allocator_hooks ASSETS PICTURE.ppm
 *
 * Everything that was taken is given back, and a hook that has none gives FACESDK_OUT_OF_MEMORY at every
 * place. Exits with 1 where it does not. */
#include "common.h"

struct budget {
  long left, live, total;
};

static void* take(void* context, size_t bytes, size_t alignment) {
  struct budget* b = context;
  if (b->left == 0 || alignment > 64 || (alignment & (alignment - 1)) != 0) return NULL;
  --b->left, ++b->live, ++b->total;
  return malloc(bytes);
}

static void give(void* context, void* memory) {
  struct budget* b = context;
  --b->live;
  free(memory);
}

/* An engine, a session and a frame that is converted; the status of the first call that fails. */
static facesdk_status run(const facesdk_api* api, const char* assets, const facesdk_image* photo,
                          struct budget* budget) {
  facesdk_engine* engine = NULL;
  facesdk_session* session = NULL;
  facesdk_options options = {.struct_size = sizeof options};
  facesdk_result result = {.struct_size = sizeof result};
  facesdk_image image = *photo;
  must(api, api->options_init(&options), "options_init");
  options.preset = FACESDK_PRESET_TINY;
  options.allocator = (facesdk_allocator){budget, take, give};
  image.format = FACESDK_BGR8;
  facesdk_status status = api->engine_create(assets, &options, &engine);
  if (status == FACESDK_OK) status = api->session_create(engine, &session);
  if (status == FACESDK_OK) status = api->track(session, &image, NULL, NULL, &result);
  api->engine_destroy(engine);
  api->session_destroy(session);
  return status;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const facesdk_api* api = test_api();
  facesdk_image image = test_image(argv[2]);
  struct budget plenty = {1000, 0, 0};
  int failures = 0;
  must(api, run(api, argv[1], &image, &plenty), "with memory");
  if (plenty.total < 3 || plenty.live != 0)
    ++failures, printf("%ld taken, %ld kept\n", plenty.total, plenty.live);
  for (long left = 0; left < plenty.total; ++left) {
    struct budget few = {left, 0, 0};
    const facesdk_status status = run(api, argv[1], &image, &few);
    if (status == FACESDK_OUT_OF_MEMORY && few.live == 0) continue;
    ++failures;
    printf("memory for %ld: %s, %ld kept\n", left, api->status_name(status), few.live);
  }
  free((void*)image.pixels);
  return failures == 0 ? 0 : 1;
}
