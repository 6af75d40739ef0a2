// The rasterizer's stages for CPUs with AVX2: 8 triangles or pixels at a time.
#include "common/simd_dispatch.h"

#if FACESDK_X86

#define FACESDK_TARGET FACESDK_AVX2
#include "ops/rasterize/vectors_avx2.h"
//
#include "ops/rasterize/fragments_template.h"
#include "ops/rasterize/large_triangle_template.h"

namespace facesdk {

FACESDK_AVX2 bool make_fragments_avx2(const Scene& s, const Tile& tile, int64_t begin, int64_t end,
                                      Fragments& out) {
  return vector_fragments(s, tile, begin, end, out);
}

FACESDK_AVX2 void draw_fragments_avx2(const Scene& s, const Tile& tile, const Fragments& f) {
  draw_vector_fragments(s, tile, f);
}

FACESDK_AVX2 void draw_large_triangle_avx2(const Scene& s, const Tile& tile, int32_t triangle) {
  draw_vector_triangle(s, tile, triangle);
}

}  // namespace facesdk
#endif
