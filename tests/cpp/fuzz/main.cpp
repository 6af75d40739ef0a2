// Mutated assets through the loaders: each must load or give Error(kAsset) with one line; what loads is used
// once. Meant for the build with sanitizers. Usage: facesdk_fuzz_assets KIND [mutations [seed]]
// with one of the kinds below.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/error.h"
#include "fuzz/assets.h"

namespace {

using namespace facesdk::fuzz;
using facesdk::Safetensors;

struct Kind {
  const char* name;
  File sound[2];
  void (*use)(const std::shared_ptr<const Safetensors>& file);
};

// Whether the file loads. Its address is odd half of the time, so that arrays must be copied to be aligned.
bool load_and_use(const Kind& kind, const std::string& bytes) {
  const std::string shifted = (random_below(2) == 0 ? "" : "x") + bytes;
  const size_t shift = shifted.size() - bytes.size();
  try {
    kind.use(Safetensors::from_memory(reinterpret_cast<const uint8_t*>(shifted.data()) + shift,
                                      static_cast<int64_t>(bytes.size()), "fuzz"));
    return true;
  } catch (const facesdk::Error& error) {
    const std::string message = error.what();
    if (error.code() != facesdk::ErrorCode::kAsset || message.find('\n') != std::string::npos ||
        message.rfind("fuzz: ", 0) != 0 || message.size() > 400) {
      std::printf("NOT KEPT: one line that names the file: %s\n", message.c_str());
      std::exit(1);
    }
    return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Kind kinds[] = {
      {"graphs", {sound_graph(), sound_graph()}, use_graph},
      {"face_models", {sound_face_model(false), sound_face_model(true)}, use_face_model},
      {"safetensors", {sound_safetensors(), sound_safetensors()}, use_safetensors},
      {"dense_networks", {sound_dense_network(), sound_dense_network()}, use_dense_network}};
  const Kind* kind = nullptr;
  for (const Kind& one : kinds) {
    if (argc > 1 && std::string(one.name) == argv[1]) kind = &one;
  }
  if (kind == nullptr) {
    std::printf("usage: %s graphs|face_models|safetensors|dense_networks [mutations [seed]]\n", argv[0]);
    return 2;
  }
  const long long mutations = argc > 2 ? std::atoll(argv[2]) : 2000;
  seed(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  for (const File& sound : kind->sound) {
    File whole = sound;
    for (const auto& [key, value] : sound.documents) whole.header["__metadata__"][key] = value.dump();
    if (!load_and_use(*kind, whole.bytes(whole.header.dump()))) {
      std::printf("NOT KEPT: the file without mutations loads\n");
      return 1;
    }
  }
  long long loaded = 0;
  for (long long i = 0; i < mutations; ++i) {
    loaded += load_and_use(*kind, mutated(kind->sound[i % 2]));
    if ((i + 1) % 50000 == 0) {
      std::printf("%lld mutations, %lld loaded\n", i + 1, loaded);
      std::fflush(stdout);
    }
  }
  std::printf("%lld mutations: %lld loaded and used, %lld refused, no crash\n", mutations, loaded,
              mutations - loaded);
  // Both must happen often, or the mutations test nothing.
  return loaded > mutations / 50 && mutations - loaded > mutations / 50 ? 0 : 1;
}
