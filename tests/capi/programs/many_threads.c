/* A session each in eight threads on one engine: many_threads ASSETS PICTURE.ppm ROUNDS
 *
 * Every thread must get the bits that a single one gets. Exits with 1 where one does not. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "common.h"

#define THREADS 8

static const facesdk_api* api;
static facesdk_engine* engine;
static facesdk_image photo;
static int rounds;

/* Digest of some photos and frames by a session of its own. */
static uint64_t work(void) {
  facesdk_session* session = test_session(api, engine);
  facesdk_result result = {.struct_size = sizeof result};
  facesdk_image image = photo;
  uint64_t hash = EMPTY_DIGEST;
  image.width -= 32;
  for (int round = 0; round < rounds; ++round) {
    uint64_t one;
    image.pixels = photo.pixels + 3 * (round % 8);
    must(api,
         round == 1 ? api->reconstruct(session, &image, NULL, NULL, &result)
                    : api->track(session, &image, NULL, NULL, &result),
         "frame");
    one = result_digest(&result);
    hash = digest(hash, &one, sizeof one);
  }
  api->session_destroy(session);
  return hash;
}

static void* start(void* out) {
  *(uint64_t*)out = work();
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  api = test_api();
  engine = test_engine(api, argv[1], FACESDK_PRESET_TINY);
  photo = test_image(argv[2]);
  rounds = atoi(argv[3]);
  const uint64_t expected = work();
  pthread_t threads[THREADS];
  uint64_t hashes[THREADS];
  int wrong = 0;
  for (int i = 0; i < THREADS; ++i) {
    if (pthread_create(&threads[i], NULL, start, &hashes[i]) != 0) return 2;
  }
  for (int i = 0; i < THREADS; ++i) {
    pthread_join(threads[i], NULL);
    wrong += hashes[i] != expected;
  }
  if (wrong != 0) printf("%d of %d threads got other bits\n", wrong, THREADS);
  api->engine_destroy(engine);
  free((void*)photo.pixels);
  return wrong == 0 ? 0 : 1;
}
