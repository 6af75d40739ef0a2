// What the CPU offers, found by our own cpuid and getauxval: compilers' own tests differ (zig's answers
// "no").
#pragma once

namespace facesdk {

// Instruction sets in the order in which they include one another; the kernels of a level run on all higher
// ones.
enum class VectorLevel : int {
  kPlain = 0,       // the compiler's base target: SSE2 or NEON
  kAvx2 = 1,        // x86: AVX2
  kAvxVnni = 2,     // x86: AVX2 and AVX-VNNI (byte dot products on 256 bits)
  kAvx512 = 3,      // x86: AVX-512 F, CD, BW, DQ, VL
  kAvx512Vnni = 4,  // x86: the same and AVX-512 VNNI
  kNeonDotprod = 5  // ARM: sdot and udot
};

// The highest level of this CPU, capped by the environment variable FACESDK_VECTOR_LEVEL (plain, avx2,
// avx_vnni, avx512, avx512_vnni, neon_dotprod), which is read once. A level that the CPU lacks caps nothing;
// a name that is not in the list is ignored, and `vector_level_request_is_known` says so.
VectorLevel vector_level();

// What the CPU itself has, whatever the environment says.
VectorLevel detected_vector_level();

bool vector_level_request_is_known();

const char* vector_level_name(VectorLevel level);

// AVX-512 VNNI implies AVX-512 but not AVX-VNNI: what a level includes.
inline bool has_avx2(VectorLevel level) {
  return level >= VectorLevel::kAvx2 && level <= VectorLevel::kAvx512Vnni;
}
inline bool has_avx512(VectorLevel level) {
  return level == VectorLevel::kAvx512 || level == VectorLevel::kAvx512Vnni;
}

}  // namespace facesdk
