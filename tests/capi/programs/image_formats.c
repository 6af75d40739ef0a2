/* One picture in every format, rotation and stride gives the same bits: image_formats ASSETS PICTURE.ppm
 *
 * Exits with 1 where bits differ. */
#include <string.h>

#include "common.h"

static const facesdk_api* api;
static facesdk_session* session;
static int failures = 0;

static uint64_t hash_of(const facesdk_image* image) {
  facesdk_result result = {.struct_size = sizeof result};
  must(api, api->reconstruct(session, image, NULL, NULL, &result), "reconstruct");
  if (result.face_count != 1) ++failures, puts("no face");
  return result_digest(&result);
}

static void same(const facesdk_image* image, uint64_t expected, const char* what) {
  if (hash_of(image) != expected) ++failures, printf("%s: other bits\n", what);
}

static uint8_t* room(size_t bytes) {
  uint8_t* out = malloc(bytes);
  if (out == NULL) exit(2);
  memset(out, 77, bytes);
  return out;
}

/* channels: place of R, G and B among a pixel's bytes. */
static void check_packed(const facesdk_image* rgb, uint64_t expected, int32_t format, const int* channels,
                         int bytes, const char* what) {
  facesdk_image image = *rgb;
  image.format = format;
  image.stride = (int64_t)bytes * rgb->width + 7;
  uint8_t* pixels = room((size_t)image.stride * (size_t)rgb->height);
  for (int32_t y = 0; y < rgb->height; ++y) {
    for (int32_t x = 0; x < rgb->width; ++x) {
      for (int c = 0; c < 3; ++c) {
        pixels[y * image.stride + bytes * x + channels[c]] = rgb->pixels[y * rgb->stride + 3 * x + c];
      }
    }
  }
  image.pixels = pixels;
  same(&image, expected, what);
  free(pixels);
}

/* The picture stored as it is before it is rotated clockwise by `rotation`. */
static void check_rotation(const facesdk_image* rgb, uint64_t expected, int32_t rotation) {
  facesdk_image image = *rgb;
  image.rotation = rotation;
  const int32_t w = rgb->width, h = rgb->height;
  if (rotation != 180) image.width = h, image.height = w;
  image.stride = 3 * (int64_t)image.width + 1;
  uint8_t* pixels = room((size_t)image.stride * (size_t)image.height);
  for (int32_t y = 0; y < h; ++y) {
    for (int32_t x = 0; x < w; ++x) {
      int32_t at_x = w - 1 - x, at_y = h - 1 - y;     /* 180 */
      if (rotation == 90) at_x = y, at_y = w - 1 - x; /* turning it right brings it back */
      if (rotation == 270) at_x = h - 1 - y, at_y = x;
      memcpy(pixels + at_y * image.stride + 3 * at_x, rgb->pixels + y * rgb->stride + 3 * x, 3);
    }
  }
  image.pixels = pixels;
  same(&image, expected, rotation == 90 ? "rotation 90" : rotation == 180 ? "rotation 180" : "rotation 270");
  free(pixels);
}

static int clipped(int value) { return value < 0 ? 0 : value > 255 ? 255 : value; }

/* NV12 against the same picture in RGB by the formula of BT.601 in 1/256. */
static void check_nv12(const facesdk_image* rgb) {
  const int32_t w = rgb->width & ~1, h = rgb->height & ~1;
  facesdk_image nv12 = {.struct_size = sizeof nv12, .format = FACESDK_NV12, .width = w, .height = h};
  facesdk_image plain = {.struct_size = sizeof plain, .format = FACESDK_RGB8, .width = w, .height = h};
  nv12.stride = w + 5, nv12.chroma_stride = w + 3, plain.stride = 3 * (int64_t)w;
  uint8_t* luma = room((size_t)nv12.stride * (size_t)h);
  uint8_t* chroma = room((size_t)nv12.chroma_stride * (size_t)h / 2);
  uint8_t* out = room((size_t)plain.stride * (size_t)h);
  for (int32_t y = 0; y < h; ++y) {
    for (int32_t x = 0; x < w; ++x) {
      const uint8_t* p = rgb->pixels + y * rgb->stride + 3 * x;
      luma[y * nv12.stride + x] = (uint8_t)(16 + (66 * p[0] + 129 * p[1] + 25 * p[2]) / 256);
      uint8_t* uv = chroma + y / 2 * nv12.chroma_stride + x / 2 * 2;
      uv[0] = (uint8_t)(128 + (-38 * p[0] - 74 * p[1] + 112 * p[2]) / 256);
      uv[1] = (uint8_t)(128 + (112 * p[0] - 94 * p[1] - 18 * p[2]) / 256);
    }
  }
  for (int32_t y = 0; y < h; ++y) {
    for (int32_t x = 0; x < w; ++x) {
      const uint8_t* uv = chroma + y / 2 * nv12.chroma_stride + x / 2 * 2;
      const double scaled = 298.0 * (luma[y * nv12.stride + x] - 16) + 128.0, u = uv[0] - 128.0,
                   v = uv[1] - 128.0;
      uint8_t* to = out + y * plain.stride + 3 * x;
      /* + 65536 keeps the quotients positive, where a cast rounds down */
      to[0] = (uint8_t)clipped((int)((scaled + 409 * v) / 256 + 65536) - 65536);
      to[1] = (uint8_t)clipped((int)((scaled - 100 * u - 208 * v) / 256 + 65536) - 65536);
      to[2] = (uint8_t)clipped((int)((scaled + 516 * u) / 256 + 65536) - 65536);
    }
  }
  nv12.pixels = luma, nv12.chroma = chroma, plain.pixels = out;
  same(&nv12, hash_of(&plain), "nv12");
  free(luma);
  free(chroma);
  free(out);
}

static void check_gray(const facesdk_image* rgb) {
  facesdk_image gray = *rgb, plain = *rgb;
  gray.format = FACESDK_GRAY8;
  gray.stride = rgb->width;
  uint8_t* one = room((size_t)gray.stride * (size_t)rgb->height);
  uint8_t* three = room((size_t)plain.stride * (size_t)rgb->height);
  for (int64_t i = 0; i < gray.stride * rgb->height; ++i) {
    one[i] = three[3 * i] = three[3 * i + 1] = three[3 * i + 2] = rgb->pixels[3 * i + 1];
  }
  gray.pixels = one, plain.pixels = three;
  same(&gray, hash_of(&plain), "gray");
  free(one);
  free(three);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  static const int kRgb[] = {0, 1, 2}, kBgr[] = {2, 1, 0};
  api = test_api();
  facesdk_engine* engine = test_engine(api, argv[1], FACESDK_PRESET_TINY);
  session = test_session(api, engine);
  facesdk_image rgb = test_image(argv[2]);
  const uint64_t expected = hash_of(&rgb);
  check_packed(&rgb, expected, FACESDK_RGB8, kRgb, 3, "rgb with a stride");
  check_packed(&rgb, expected, FACESDK_BGR8, kBgr, 3, "bgr");
  check_packed(&rgb, expected, FACESDK_RGBA8, kRgb, 4, "rgba");
  check_packed(&rgb, expected, FACESDK_BGRA8, kBgr, 4, "bgra");
  check_rotation(&rgb, expected, 90);
  check_rotation(&rgb, expected, 180);
  check_rotation(&rgb, expected, 270);
  check_nv12(&rgb);
  check_gray(&rgb);
  api->session_destroy(session);
  api->engine_destroy(engine);
  free((void*)rgb.pixels);
  return failures == 0 ? 0 : 1;
}
