#include "assets/json.h"

#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "common/error.h"

namespace facesdk {
namespace {

constexpr int kDeepest = 16;         // levels of objects and arrays
constexpr size_t kLongestText = 80;  // characters of a file's text in a message

[[noreturn]] void damaged(const std::string& name, const std::string& what) {
  throw Error(ErrorCode::kAsset, name + ": " + what);
}

std::string brief(const Json& value) {
  if (value.is_object() || value.is_array()) return std::string("an ") + value.type_name();
  return printable(value.dump(-1, ' ', true, Json::error_handler_t::replace));
}

}  // namespace

std::string printable(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (out.size() == kLongestText) return out + "...";
    out += c >= 0x20 && c < 0x7f ? c : '?';
  }
  return out;
}

Json parse_json(const char* begin, const char* end, const std::string& name) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto check = [&](int depth, Json::parse_event_t event, Json& value) {
    switch (event) {
      case Json::parse_event_t::object_start:
        keys.emplace_back();
        [[fallthrough]];
      case Json::parse_event_t::array_start:
        if (depth >= kDeepest) damaged(name, "its JSON nests deeper than 16 levels");
        break;
      case Json::parse_event_t::object_end:
        keys.pop_back();
        break;
      case Json::parse_event_t::key:
        // A reader that takes the first of two and one that takes the last would see different files.
        if (!keys.back().insert(value.get_ref<const std::string&>()).second) {
          damaged(name,
                  "its JSON gives the key '" + printable(value.get_ref<const std::string&>()) + "' twice");
        }
        break;
      default:
        break;
    }
    return true;
  };
  try {
    return Json::parse(begin, end, check);
  } catch (const Json::parse_error& error) {
    damaged(name, "its JSON is malformed at byte " + std::to_string(error.byte));
  } catch (const Json::exception&) {  // a number too large for a double
    damaged(name, "its JSON holds a number out of range");
  }
}

const Json& json_member(const Json& object, const char* key, const std::string& name) {
  if (!object.is_object()) damaged(name, "got " + brief(object) + ", expected an object");
  const auto found = object.find(key);
  if (found == object.end()) damaged(name, std::string("the entry '") + key + "' is missing");
  return *found;
}

const Json& json_array(const Json& value, int64_t largest_count, const std::string& name) {
  if (!value.is_array()) damaged(name, "got " + brief(value) + ", expected an array");
  if (static_cast<int64_t>(value.size()) > largest_count) {
    damaged(name, "got " + std::to_string(value.size()) + " entries, expected at most " +
                      std::to_string(largest_count));
  }
  return value;
}

int64_t json_integer(const Json& value, int64_t low, int64_t high, const std::string& name) {
  const bool fits = value.is_number_unsigned() ? value.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX)
                                               : value.is_number_integer();
  if (fits) {
    const int64_t whole = value.get<int64_t>();
    if (whole >= low && whole <= high) return whole;
  }
  damaged(name, "got " + brief(value) + ", expected a whole number from " + std::to_string(low) + " to " +
                    std::to_string(high));
}

float json_float(const Json& value, const std::string& name) {
  // A double beyond float's range has no defined conversion.
  const double number = value.is_number() ? value.get<double>() : std::nan("");
  if (!(std::fabs(number) <= std::numeric_limits<float>::max())) {
    damaged(name, "got " + brief(value) + ", expected a number within the range of float32");
  }
  return static_cast<float>(number);
}

bool json_bool(const Json& value, const std::string& name) {
  if (!value.is_boolean()) damaged(name, "got " + brief(value) + ", expected true or false");
  return value.get<bool>();
}

const std::string& json_string(const Json& value, const std::string& name) {
  if (!value.is_string()) damaged(name, "got " + brief(value) + ", expected a string");
  return value.get_ref<const std::string&>();
}

}  // namespace facesdk
