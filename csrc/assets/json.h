// JSON of assets, parsed with limits. For .cpp files only: the JSON library stays private to them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace facesdk {

using Json = nlohmann::json;

// A text from a file as it may stand in a message: one line of printable ASCII, cut where it is long.
std::string printable(const std::string& text);

// Throws Error(kAsset) "<name>: ..." for a text that is no JSON in UTF-8, nests deeper than 16 levels or
// gives a key of an object twice.
Json parse_json(const char* begin, const char* end, const std::string& name);

// Parts of a value; `name` stands before messages. Each throws Error(kAsset) where the part is missing or of
// another kind.
const Json& json_member(const Json& object, const char* key, const std::string& name);
const Json& json_array(const Json& value, int64_t largest_count, const std::string& name);
int64_t json_integer(const Json& value, int64_t low, int64_t high, const std::string& name);
float json_float(const Json& value, const std::string& name);  // finite as float32
bool json_bool(const Json& value, const std::string& name);
const std::string& json_string(const Json& value, const std::string& name);

}  // namespace facesdk
