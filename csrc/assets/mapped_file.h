// A file's bytes, mapped read-only where the system can, else read at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace facesdk {

// The bytes stay as long as this object. Whoever replaces a file in use must write a new one and rename it: a
// file that is cut short while it is mapped ends the process.
class MappedFile {
 public:
  // Throws Error(kAsset) naming the file where it cannot be read.
  MappedFile(const std::string& path, const std::string& name);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const uint8_t* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  const uint8_t* data_ = nullptr;
  int64_t bytes_ = 0;
  std::vector<uint8_t> copy_;  // where nothing is mapped
};

}  // namespace facesdk
