#include "assets/asset_folder.h"

#include <filesystem>
#include <system_error>

#include "assets/json.h"
#include "assets/mapped_file.h"
#include "common/error.h"

namespace facesdk {
namespace {

constexpr const char* kManifest = "manifest.json";
constexpr int64_t kLargestManifest = int64_t{1} << 20;  // bytes
constexpr int64_t kLargestAsset = int64_t{1} << 40;     // bytes

std::filesystem::path in_folder(const std::string& folder, const std::string& name) {
  return std::filesystem::u8path(folder) / std::filesystem::u8path(name);
}

}  // namespace

AssetFolder AssetFolder::open(const std::string& folder) {
  AssetFolder out;
  out.folder_ = folder;
  const MappedFile file(in_folder(folder, kManifest).string(), kManifest);
  if (file.bytes() > kLargestManifest) {
    throw Error(ErrorCode::kAsset, std::string(kManifest) + ": got " + std::to_string(file.bytes()) +
                                       " bytes, expected at most " + std::to_string(kLargestManifest));
  }
  const char* const text = reinterpret_cast<const char*>(file.data());
  const Json manifest = parse_json(text, text + file.bytes(), kManifest);
  const Json& assets = json_member(manifest, "assets", kManifest);
  if (!assets.is_object()) {
    throw Error(ErrorCode::kAsset,
                std::string(kManifest) + ": assets is no object; install the assets again");
  }
  for (const auto& [name, entry] : assets.items()) {
    const std::string label = std::string(kManifest) + ": " + printable(name);
    out.bytes_[name] = json_integer(json_member(entry, "bytes", label), 0, kLargestAsset, label + ".bytes");
  }
  return out;
}

std::string AssetFolder::path(const std::string& name) const {
  const auto entry = bytes_.find(name);
  if (entry == bytes_.end()) {
    throw Error(ErrorCode::kAsset, name + ": not in manifest.json; install the assets again");
  }
  const std::filesystem::path path = in_folder(folder_, name);
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  if (failure) {
    throw Error(ErrorCode::kAsset, name + ": cannot be read; check that the folder has all assets");
  }
  if (size != static_cast<uintmax_t>(entry->second)) {
    throw Error(ErrorCode::kAsset, name + ": got " + std::to_string(size) + " bytes, expected " +
                                       std::to_string(entry->second) + "; install the assets again");
  }
  return path.string();
}

}  // namespace facesdk
