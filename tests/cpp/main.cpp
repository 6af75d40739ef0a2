// Runs the tests, then compares the digests of all results with a file of golden ones.
// Options besides doctest's: --golden=FILE, --write-golden=FILE.
#define DOCTEST_CONFIG_IMPLEMENT
#include <cstdio>
#include <fstream>
#include <map>

#include "common/cpu_features.h"
#include "support.h"

namespace facesdk::test {
namespace {

std::map<std::string, uint64_t>& digests() {
  static std::map<std::string, uint64_t> all;
  return all;
}

std::string as_text() {
  std::string text;
  for (const auto& [op, digest] : digests()) {
    char line[96];
    std::snprintf(line, sizeof line, "%-24s %016llx\n", op.c_str(), static_cast<unsigned long long>(digest));
    text += line;
  }
  return text;
}

std::string option(int argc, char** argv, const std::string& name) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.rfind(name + "=", 0) == 0) return argument.substr(name.size() + 1);
  }
  return "";
}

// 0 if every digest is the golden one and none is missing.
int compare(const std::string& path) {
  std::ifstream file(path);
  const std::string golden((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::string ours = as_text();
  std::printf("vector level %s: digests %s\n", vector_level_name(vector_level()),
              ours == golden ? "are the golden ones" : "DIFFER");
  if (ours == golden) return 0;
  std::printf("golden (%s):\n%sours:\n%s", path.c_str(), golden.c_str(), ours.c_str());
  return 1;
}

}  // namespace

void add_to_digest(const std::string& op, const void* data, size_t bytes) {
  uint64_t& digest = digests().emplace(op, 1469598103934665603u).first->second;
  const auto* from = static_cast<const unsigned char*>(data);
  for (size_t i = 0; i < bytes; ++i) digest = (digest ^ from[i]) * 1099511628211u;
}

}  // namespace facesdk::test

int main(int argc, char** argv) {
  using namespace facesdk::test;
  doctest::Context context(argc, argv);
  const int result = context.run();
  if (context.shouldExit() || result != 0) return result;
  const std::string write = option(argc, argv, "--write-golden"), golden = option(argc, argv, "--golden");
  if (!write.empty()) std::ofstream(write) << as_text();
  return golden.empty() ? 0 : compare(golden);
}
