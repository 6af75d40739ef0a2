#include "assets/mapped_file.h"

#include "common/error.h"

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#include <fstream>
#endif

namespace facesdk {
namespace {

[[noreturn]] void cannot_read(const std::string& name) {
  throw Error(ErrorCode::kAsset, name + ": cannot be read; check that the file exists and may be read");
}

}  // namespace

#if defined(__unix__) || defined(__APPLE__)

MappedFile::MappedFile(const std::string& path, const std::string& name) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) cannot_read(name);
  struct stat status{};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file);
    cannot_read(name);
  }
  bytes_ = status.st_size;
  if (bytes_ > 0) {
    void* const map = ::mmap(nullptr, static_cast<size_t>(bytes_), PROT_READ, MAP_PRIVATE, file, 0);
    if (map == MAP_FAILED) {
      ::close(file);
      cannot_read(name);
    }
    data_ = static_cast<const uint8_t*>(map);
  }
  ::close(file);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), static_cast<size_t>(bytes_));
}

#else

MappedFile::MappedFile(const std::string& path, const std::string& name) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) cannot_read(name);
  bytes_ = static_cast<int64_t>(file.tellg());
  if (bytes_ < 0) cannot_read(name);
  copy_.resize(static_cast<size_t>(bytes_));
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(copy_.data()), bytes_)) cannot_read(name);
  data_ = copy_.data();
}

MappedFile::~MappedFile() = default;

#endif

}  // namespace facesdk
