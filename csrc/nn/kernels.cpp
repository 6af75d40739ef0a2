#include "nn/kernels.h"

namespace facesdk {
namespace {

struct Family {
  const char* name;
  const Kernels* (*kernels)();
};

// Slowest first.
constexpr Family kFamilies[] = {{"reference", reference_kernels},
                                {"neon", neon_kernels},
                                {"avx2", avx2_kernels},
                                {"avx_vnni", avx_vnni_kernels},
                                {"avx512_vnni", avx512_vnni_kernels},
                                {"neon_dotprod", neon_dotprod_kernels}};

// AVX-512 includes AVX2 but not AVX-VNNI.
bool runs_at(const Kernels& kernels, VectorLevel level) {
  if (kernels.level == VectorLevel::kAvxVnni && has_avx512(level)) return false;
  return kernels.level <= level;
}

}  // namespace

const Kernels* best_kernels() {
  const Kernels* best = reference_kernels();
  for (const Family& family : kFamilies) {
    const Kernels* const kernels = family.kernels();
    if (kernels != nullptr && runs_at(*kernels, vector_level())) best = kernels;
  }
  return best;
}

const Kernels* kernels_by_name(const std::string& name) {
  for (const Family& family : kFamilies) {
    if (name != family.name) continue;
    const Kernels* const kernels = family.kernels();
    const bool usable = kernels != nullptr && runs_at(*kernels, detected_vector_level());
    return usable ? kernels : reference_kernels();
  }
  return nullptr;
}

}  // namespace facesdk
