// The rasterizer's stages for ARM: 4 triangles or pixels at a time.
#if defined(__aarch64__) && defined(__GNUC__)

#define FACESDK_TARGET
#include "ops/rasterize/vectors_neon.h"
//
#include "ops/rasterize/fragments_template.h"
#include "ops/rasterize/large_triangle_template.h"

namespace facesdk {

bool make_fragments_neon(const Scene& s, const Tile& tile, int64_t begin, int64_t end, Fragments& out) {
  return vector_fragments(s, tile, begin, end, out);
}

void draw_fragments_neon(const Scene& s, const Tile& tile, const Fragments& f) {
  draw_vector_fragments(s, tile, f);
}

void draw_large_triangle_neon(const Scene& s, const Tile& tile, int32_t triangle) {
  draw_vector_triangle(s, tile, triangle);
}

}  // namespace facesdk
#endif
