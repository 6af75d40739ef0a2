/* Faces drawn into the caller's memory: draw_faces ASSETS PICTURE.ppm
 *
 * Every format and stride gives the same colours and writes nothing beside the face; depth decides which of
 * two faces is seen. Exits with 1 where something differs. */
#include <math.h>
#include <string.h>

#include "common.h"

enum { kBackground = 77 };

static const facesdk_api* api;
static int failures = 0;

static void fail(const char* what) {
  ++failures;
  printf("%s\n", what);
}

static uint8_t* room(size_t bytes) {
  uint8_t* out = malloc(bytes);
  if (out == NULL) exit(2);
  memset(out, kBackground, bytes);
  return out;
}

static facesdk_canvas canvas_of(const facesdk_result* result, int32_t format, int32_t bytes) {
  facesdk_canvas canvas = {.struct_size = sizeof canvas, .format = format};
  canvas.width = result->width, canvas.height = result->height;
  canvas.stride = (int64_t)bytes * result->width + 5;
  canvas.pixels = room((size_t)canvas.stride * (size_t)result->height);
  return canvas;
}

/* channels: place of R, G and B among a pixel's bytes. */
static void check_format(facesdk_session* session, const facesdk_result* result, const facesdk_canvas* rgb,
                         int32_t format, const int* channels, int bytes, const char* what) {
  facesdk_canvas canvas = canvas_of(result, format, bytes);
  must(api, api->draw_face(session, 0, &canvas), what);
  long differ = 0;
  for (int32_t y = 0; y < canvas.height; ++y) {
    const uint8_t* row = canvas.pixels + y * canvas.stride;
    for (int32_t x = 0; x < canvas.width; ++x) {
      const uint8_t *pixel = row + bytes * x, *expected = rgb->pixels + y * rgb->stride + 3 * x;
      int drawn = 0, same = 1;
      for (int c = 0; c < 3; ++c) {
        drawn |= expected[c] != kBackground;
        same &= pixel[channels[c]] == expected[c];
      }
      if (bytes == 4 && drawn) same &= pixel[3] == 255;
      differ += !same;
    }
    for (int64_t k = (int64_t)bytes * canvas.width; k < canvas.stride; ++k) differ += row[k] != kBackground;
  }
  if (differ != 0) fail(what);
  free(canvas.pixels);
}

/* Depth alone, and twice: what is drawn behind a face changes nothing, what is before it hides it. */
static void check_depth(facesdk_session* session, const facesdk_result* result, const facesdk_canvas* rgb) {
  const size_t pixels = (size_t)result->width * (size_t)result->height;
  float* depth = calloc(pixels, sizeof *depth);
  facesdk_canvas canvas = canvas_of(result, FACESDK_RGB8, 3);
  facesdk_canvas alone = canvas;
  if (depth == NULL) exit(2);
  alone.pixels = NULL;
  alone.depth_mm = canvas.depth_mm = depth;
  must(api, api->draw_face(session, 0, &alone), "depth alone");
  size_t covered = 0, near = 0;
  const float z = result->translation_mm.data[2];
  for (size_t i = 0; i < pixels; ++i) {
    covered += depth[i] != 0.0f;
    near += fabsf(depth[i] - z) < 400.0f;
  }
  if (covered < 1000 || near != covered) fail("depth: not that of a head");
  must(api, api->draw_face(session, 0, &canvas), "at the same depth");
  long drawn = 0;
  for (int64_t i = 0; i < canvas.stride * canvas.height; ++i) drawn += canvas.pixels[i] != kBackground;
  if (drawn != 0) fail("a face is drawn over one that is as near");
  for (size_t i = 0; i < pixels; ++i) depth[i] *= 2.0f;
  must(api, api->draw_face(session, 0, &canvas), "before another");
  if (memcmp(canvas.pixels, rgb->pixels, (size_t)(canvas.stride * canvas.height)) != 0) {
    fail("a face does not hide what is behind it");
  }
  free(canvas.pixels);
  free(depth);
}

static void check_colors(facesdk_session* session, size_t count) {
  float* albedo = malloc(count * sizeof *albedo);
  float* colors = malloc(count * sizeof *colors);
  if (albedo == NULL || colors == NULL) exit(2);
  must(api, api->vertex_albedo(session, 0, albedo, count), "vertex_albedo");
  must(api, api->vertex_colors(session, 0, colors, count), "vertex_colors");
  double sums[2] = {0, 0};
  for (size_t i = 0; i < count; ++i) {
    if (!(albedo[i] >= 0.0f && albedo[i] <= 1.5f)) fail("albedo: beyond 0..1.5");
    if (!(colors[i] >= 0.0f && colors[i] <= 1.0f)) fail("colors: beyond 0..1");
    sums[0] += albedo[i], sums[1] += colors[i];
  }
  for (int k = 0; k < 2; ++k) {
    if (!(sums[k] / (double)count > 0.1 && sums[k] / (double)count < 0.95))
      fail("colours: not those of skin");
  }
  free(albedo);
  free(colors);
}

static void refused(facesdk_session* session, facesdk_canvas canvas, const char* line) {
  if (api->draw_face(session, 0, &canvas) != FACESDK_INVALID_IMAGE || !strstr(api->last_message(), line))
    fail(line);
}

static void check_arguments(facesdk_session* session, const facesdk_canvas* sound) {
  facesdk_canvas canvas = *sound;
  canvas.format = FACESDK_GRAY8, refused(session, canvas, "canvas.format");
  canvas = *sound, canvas.format = -1, refused(session, canvas, "canvas.format");
  canvas = *sound, canvas.width -= 1, refused(session, canvas, "canvas.width");
  canvas = *sound, canvas.height += 1, refused(session, canvas, "canvas.width");
  canvas = *sound, canvas.stride = 3 * canvas.width - 1, refused(session, canvas, "canvas.stride");
  canvas = *sound, canvas.pixels = NULL, refused(session, canvas, "canvas.pixels");
  canvas = *sound, canvas.struct_size = 8;
  if (api->draw_face(session, 0, &canvas) != FACESDK_INVALID_ARGUMENT) fail("canvas of 8 bytes");
  if (api->draw_face(session, 0, NULL) != FACESDK_INVALID_ARGUMENT) fail("canvas NULL");
  if (api->draw_face(session, 1, sound) != FACESDK_INVALID_ARGUMENT) fail("face 1 of 1");
  if (api->draw_face(NULL, 0, sound) != FACESDK_INVALID_ARGUMENT) fail("session NULL");
}

/* Of a picture that is stored lying, the canvas is the upright one. */
static void check_rotated(facesdk_session* session, const facesdk_image* image) {
  facesdk_image lying = *image;
  facesdk_result result = {.struct_size = sizeof result};
  lying.rotation = 90;
  lying.height -= 10;
  must(api, api->reconstruct(session, &lying, NULL, NULL, &result), "a rotated picture");
  if (result.width != lying.height || result.height != lying.width) fail("rotated: size of the result");
  if (result.face_count == 0) return;
  facesdk_canvas canvas = canvas_of(&result, FACESDK_RGB8, 3);
  must(api, api->draw_face(session, 0, &canvas), "into the upright picture");
  free(canvas.pixels);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  api = test_api();
  facesdk_engine* engine = test_engine(api, argv[1], FACESDK_PRESET_TINY);
  facesdk_session* session = test_session(api, engine);
  facesdk_image image = test_image(argv[2]);
  facesdk_result result = {.struct_size = sizeof result};
  must(api, api->reconstruct(session, &image, NULL, NULL, &result), "reconstruct");
  if (result.face_count != 1) {
    puts("no face");
    return 1;
  }
  facesdk_canvas rgb = canvas_of(&result, FACESDK_RGB8, 3);
  must(api, api->draw_face(session, 0, &rgb), "draw_face");
  check_format(session, &result, &rgb, FACESDK_BGR8, (const int[]){2, 1, 0}, 3, "BGR");
  check_format(session, &result, &rgb, FACESDK_RGBA8, (const int[]){0, 1, 2}, 4, "RGBA");
  check_format(session, &result, &rgb, FACESDK_BGRA8, (const int[]){2, 1, 0}, 4, "BGRA");
  check_depth(session, &result, &rgb);
  check_colors(session, result.vertices_mm.count);
  check_arguments(session, &rgb);
  check_rotated(session, &image);
  api->session_destroy(session);
  api->engine_destroy(engine);
  free(rgb.pixels);
  free((void*)image.pixels);
  return failures == 0 ? 0 : 1;
}
