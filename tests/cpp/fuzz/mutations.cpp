#include "fuzz/mutations.h"

#include <iterator>

namespace facesdk::fuzz {
namespace {

constexpr int32_t kMostMutations = 4;  // of one file

uint64_t random_state = 1;

Json* random_value(Json* value) {
  while ((value->is_object() || value->is_array()) && !value->empty() && random_below(8) != 0) {
    auto at = value->begin();
    std::advance(at, random_below(static_cast<uint32_t>(value->size())));
    value = &*at;
  }
  return value;
}

Json random_replacement() {
  static const Json kValues[] = {0,
                                 1,
                                 2,
                                 3,
                                 4,
                                 8,
                                 15,
                                 16,
                                 17,
                                 32,
                                 48,
                                 64,
                                 127,
                                 128,
                                 255,
                                 256,
                                 1024,
                                 4096,
                                 8192,
                                 8193,
                                 1 << 20,
                                 1 << 30,
                                 2147483647,
                                 2147483648u,
                                 -1,
                                 -128,
                                 INT64_MIN,
                                 INT64_MAX,
                                 UINT64_MAX,
                                 0.5,
                                 -1e300,
                                 1e39,
                                 true,
                                 false,
                                 nullptr,
                                 "",
                                 "conv",
                                 "gate",
                                 "I8",
                                 "F32",
                                 "I32",
                                 "dense",
                                 Json::array(),
                                 Json::object(),
                                 Json::array({0, true})};
  return kValues[random_below(sizeof kValues / sizeof *kValues)];
}

void mutate_json(Json* root) {
  Json* const value = random_value(root);
  switch (random_below(5)) {
    case 0:  // a nearby number
      if (value->is_number_integer()) {
        *value = static_cast<int64_t>(value->get<uint64_t>() + random_below(33) - 16);  // may wrap
        return;
      }
      break;
    case 1:  // one entry less
      if (!value->empty() && (value->is_object() || value->is_array())) {
        auto at = value->begin();
        std::advance(at, random_below(static_cast<uint32_t>(value->size())));
        value->erase(at);
        return;
      }
      break;
    case 2:  // one entry more
      if (value->is_array()) {
        value->push_back(value->empty() ? random_replacement() : Json((*value)[0]));
        return;
      }
      break;
    case 3: {  // a value from elsewhere
      const Json other = *random_value(root);
      *value = other;
      return;
    }
    default:
      break;
  }
  *value = random_replacement();
}

void mutate_bytes(std::string* bytes) {
  if (bytes->empty()) return;
  const uint32_t at = random_below(static_cast<uint32_t>(bytes->size()));
  switch (random_below(4)) {
    case 0:
      bytes->resize(at);
      break;
    case 1:
      bytes->insert(at, 1 + random_below(9), static_cast<char>(random_below(256)));
      break;
    case 2:
      (*bytes)[at] = static_cast<char>(random_below(256));
      break;
    default:
      (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << random_below(8)));
      break;
  }
}

}  // namespace

void seed(uint64_t state) { random_state = state; }

uint32_t random_below(uint32_t limit) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<uint32_t>((random_state >> 33) % limit);
}

void File::add(const std::string& key, const char* dtype, const Json& shape, const std::string& bytes) {
  header[key] = {
      {"dtype", dtype}, {"shape", shape}, {"data_offsets", {arrays.size(), arrays.size() + bytes.size()}}};
  arrays += bytes;
}

std::string File::bytes(const std::string& header_text) const {
  uint64_t length = header_text.size();
  std::string out(sizeof length, '\0');
  std::memcpy(out.data(), &length, sizeof length);
  return out + header_text + arrays;
}

std::string mutated(const File& sound) {
  File file = sound;
  Json* document = &file.header;
  if (!file.documents.empty()) {
    auto chosen = file.documents.begin();
    std::advance(chosen, random_below(static_cast<uint32_t>(file.documents.size())));
    document = &chosen->second;
  }
  const uint32_t kind = random_below(8), count = 1 + random_below(kMostMutations);
  for (uint32_t i = 0; i < count && kind < 4; ++i) mutate_json(kind < 3 ? document : &file.header);
  if (file.header.is_object()) {
    for (const auto& [key, value] : file.documents) file.header["__metadata__"][key] = value.dump();
  }
  std::string text = file.header.dump();
  for (uint32_t i = 0; i < count && kind == 4; ++i) mutate_bytes(&text);
  for (uint32_t i = 0; i < count && kind == 5; ++i) mutate_bytes(&file.arrays);
  std::string bytes = file.bytes(text);
  for (uint32_t i = 0; i < count && kind > 5; ++i) mutate_bytes(&bytes);
  return bytes;
}

}  // namespace facesdk::fuzz
