#include "capi/image.h"

#include <algorithm>
#include <string>

#include "common/error.h"

namespace facesdk::capi {
namespace {

constexpr int32_t kLongestSide = 65535;            // px
constexpr int64_t kMostPixels = int64_t{1} << 28;  // 0.8 GB of RGB

[[noreturn]] void invalid(const char* field, const std::string& got, const std::string& expected,
                          const char* argument = "image") {
  throw Error(ErrorCode::kInvalidImage,
              std::string(argument) + "." + field + ": got " + got + ", expected " + expected);
}

int32_t pixel_bytes(int32_t format) {
  switch (format) {
    case FACESDK_RGB8:
    case FACESDK_BGR8:
      return 3;
    case FACESDK_RGBA8:
    case FACESDK_BGRA8:
      return 4;
    default:
      return 1;  // gray and the luma of NV12
  }
}

void check_side(const char* field, int32_t side) {
  if (side < 1 || side > kLongestSide) {
    invalid(field, std::to_string(side), "1 to " + std::to_string(kLongestSide));
  }
}

void check_plane(const char* field, const char* stride_field, const uint8_t* pixels, int64_t stride,
                 int64_t row_bytes) {
  if (pixels == nullptr) invalid(field, "NULL", "a pointer to the first row");
  if (stride < row_bytes || stride > (int64_t{1} << 40)) {
    invalid(stride_field, std::to_string(stride), "at least " + std::to_string(row_bytes) + " bytes");
  }
}

struct Rgb {
  uint8_t r, g, b;
};

// A pixel of the stored picture, by format.
template <int kR, int kG, int kB, int kBytes>
struct Packed {
  explicit Packed(const facesdk_image& image) : first(image.pixels), stride(image.stride) {}
  Rgb at(int64_t x, int64_t y) const {
    const uint8_t* p = first + y * stride + x * kBytes;
    return {p[kR], p[kG], p[kB]};
  }
  const uint8_t* first;
  int64_t stride;
};

uint8_t to_byte(int32_t value) { return static_cast<uint8_t>(std::min(std::max(value >> 8, 0), 255)); }

// BT.601, limited range, in 1/256: whole numbers, so that every build gives the same bits.
struct Nv12 {
  explicit Nv12(const facesdk_image& image)
      : first(image.pixels), chroma(image.chroma), stride(image.stride), chroma_stride(image.chroma_stride) {}
  Rgb at(int64_t x, int64_t y) const {
    const uint8_t* uv = chroma + (y >> 1) * chroma_stride + (x & ~int64_t{1});
    const int32_t luma = 298 * (first[y * stride + x] - 16) + 128, u = uv[0] - 128, v = uv[1] - 128;
    return {to_byte(luma + 409 * v), to_byte(luma - 100 * u - 208 * v), to_byte(luma + 516 * u)};
  }
  const uint8_t *first, *chroma;
  int64_t stride, chroma_stride;
};

// Where the upright pixel (0, 0) is stored, and the steps in the stored picture to its right and lower
// neighbour.
struct Walk {
  int64_t x, y, right_x, right_y, down_x, down_y;
};

Walk walk_of(const facesdk_image& image) {
  const int64_t last_x = image.width - 1, last_y = image.height - 1;
  switch (image.rotation) {
    case 90:
      return {0, last_y, 0, -1, 1, 0};
    case 180:
      return {last_x, last_y, -1, 0, 0, -1};
    case 270:
      return {last_x, 0, 0, 1, -1, 0};
    default:
      return {0, 0, 1, 0, 0, 1};
  }
}

template <typename Pixels>
void convert(const Pixels& pixels, const Walk& walk, int64_t height, int64_t width, uint8_t* out) {
  for (int64_t row = 0; row < height; ++row) {
    int64_t x = walk.x + row * walk.down_x, y = walk.y + row * walk.down_y;
    for (int64_t column = 0; column < width; ++column, x += walk.right_x, y += walk.right_y) {
      const Rgb pixel = pixels.at(x, y);
      out[0] = pixel.r, out[1] = pixel.g, out[2] = pixel.b;
      out += 3;
    }
  }
}

}  // namespace

void check_image(const facesdk_image& image) {
  if (image.format < FACESDK_RGB8 || image.format > FACESDK_NV12) {
    invalid("format", std::to_string(image.format), "FACESDK_RGB8 to FACESDK_NV12");
  }
  check_side("width", image.width);
  check_side("height", image.height);
  if (int64_t{image.width} * image.height > kMostPixels) {
    invalid("width * height", std::to_string(int64_t{image.width} * image.height),
            "at most " + std::to_string(kMostPixels) + " px; make the picture smaller");
  }
  check_plane("pixels", "stride", image.pixels, image.stride,
              int64_t{image.width} * pixel_bytes(image.format));
  if (image.rotation != 0 && image.rotation != 90 && image.rotation != 180 && image.rotation != 270) {
    invalid("rotation", std::to_string(image.rotation), "0, 90, 180 or 270 degrees");
  }
  if (image.format != FACESDK_NV12) {
    if (image.chroma != nullptr) invalid("chroma", "a pointer", "NULL: only FACESDK_NV12 has a second plane");
    return;
  }
  if (image.width % 2 != 0 || image.height % 2 != 0) {
    invalid("width, height", std::to_string(image.width) + " x " + std::to_string(image.height),
            "even numbers for FACESDK_NV12");
  }
  check_plane("chroma", "chroma_stride", image.chroma, image.chroma_stride, image.width);
}

ImageView upright_rgb(const facesdk_image& image, Bytes* room) {
  const bool turned = image.rotation == 90 || image.rotation == 270;
  const int64_t height = turned ? image.width : image.height, width = turned ? image.height : image.width;
  if (image.format == FACESDK_RGB8 && image.rotation == 0 && image.stride == 3 * width) {
    return {image.pixels, height, width};
  }
  uint8_t* const out = room->at_least(static_cast<size_t>(3 * height * width));
  const Walk walk = walk_of(image);
  switch (image.format) {
    case FACESDK_BGR8:
      convert(Packed<2, 1, 0, 3>(image), walk, height, width, out);
      break;
    case FACESDK_RGBA8:
      convert(Packed<0, 1, 2, 4>(image), walk, height, width, out);
      break;
    case FACESDK_BGRA8:
      convert(Packed<2, 1, 0, 4>(image), walk, height, width, out);
      break;
    case FACESDK_GRAY8:
      convert(Packed<0, 0, 0, 1>(image), walk, height, width, out);
      break;
    case FACESDK_NV12:
      convert(Nv12(image), walk, height, width, out);
      break;
    default:
      convert(Packed<0, 1, 2, 3>(image), walk, height, width, out);
  }
  return {out, height, width};
}

Canvas checked_canvas(const facesdk_canvas& c, int32_t width, int32_t height) {
  if (c.format < FACESDK_RGB8 || c.format > FACESDK_BGRA8) {
    invalid("format", std::to_string(c.format), "FACESDK_RGB8, BGR8, RGBA8 or BGRA8", "canvas");
  }
  if (c.width != width || c.height != height) {
    invalid("width and height", std::to_string(c.width) + " x " + std::to_string(c.height),
            std::to_string(width) + " x " + std::to_string(height) + ", as of the result", "canvas");
  }
  if (std::max(width, height) > kMostCanvasPx) {
    invalid("width and height", std::to_string(c.width) + " x " + std::to_string(c.height),
            "at most " + std::to_string(kMostCanvasPx), "canvas");
  }
  if (c.pixels == nullptr && c.depth_mm == nullptr) {
    invalid("pixels", "NULL, and NULL for depth_mm", "one of them", "canvas");
  }
  const int64_t row_bytes = int64_t{pixel_bytes(c.format)} * width;
  if (c.pixels != nullptr && (c.stride < row_bytes || c.stride > (int64_t{1} << 40))) {
    invalid("stride", std::to_string(c.stride), "at least " + std::to_string(row_bytes) + " bytes", "canvas");
  }
  const bool reversed = c.format == FACESDK_BGR8 || c.format == FACESDK_BGRA8;
  return {c.pixels, c.stride,  pixel_bytes(c.format), reversed ? 2 : 0, reversed ? 0 : 2, height,
          width,    c.depth_mm};
}

}  // namespace facesdk::capi
