/* Engines made and freed: engine_lifetimes ASSETS PICTURE.ppm ROUNDS
 *
 * Every round must give the bits of the first, also after the engine's handle is gone; every other round ends
 * with the engine first. Exits with 1 where bits differ or memory grows. */
#define _POSIX_C_SOURCE 200809L
#include <sys/resource.h>

#include "common.h"

enum { kWarmUp = 8, kMostGrowthKb = 16 * 1024 };

static long peak_kb(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const facesdk_api* api = test_api();
  facesdk_image image = test_image(argv[2]);
  const float box[4] = {0.25f * (float)image.width, 0.2f * (float)image.height, 0.75f * (float)image.width,
                        0.8f * (float)image.height};
  const facesdk_boxes boxes = {.struct_size = sizeof boxes, .boxes_px = box, .count = 1};
  uint64_t first = 0;
  long before = 0;
  int wrong = 0;
  for (int round = 0; round < atoi(argv[3]); ++round) {
    facesdk_result result = {.struct_size = sizeof result};
    facesdk_engine* engine = test_engine(api, argv[1], FACESDK_PRESET_TINY);
    facesdk_session* session = test_session(api, engine);
    if (round % 2 == 1) api->engine_destroy(engine);
    must(api, api->reconstruct(session, &image, NULL, &boxes, &result), "reconstruct");
    const uint64_t hash = result_digest(&result);
    if (round == 0) first = hash;
    wrong += hash != first;
    api->session_destroy(session);
    if (round % 2 == 0) api->engine_destroy(engine);
    if (round == kWarmUp) before = peak_kb();
  }
  const long growth = before == 0 ? 0 : peak_kb() - before;
  printf("wrong %d growth %ld kB\n", wrong, growth);
  free((void*)image.pixels);
  return wrong == 0 && growth < kMostGrowthKb ? 0 : 1;
}
