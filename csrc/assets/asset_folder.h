// A folder of assets with its manifest.json, which names every file and its size.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace facesdk {

class AssetFolder {
 public:
  // Throws Error(kAsset) where manifest.json is missing or no manifest.
  static AssetFolder open(const std::string& folder);

  // Whether the manifest names an asset.
  bool has(const std::string& name) const { return bytes_.count(name) > 0; }

  // Path of an asset whose size is that of the manifest. Throws Error(kAsset) where the file is missing, cut
  // short or not in the manifest.
  std::string path(const std::string& name) const;

 private:
  std::string folder_;
  std::map<std::string, int64_t> bytes_;  // by file name
};

}  // namespace facesdk
