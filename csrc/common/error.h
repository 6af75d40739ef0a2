// The errors that cross rooms; the C API turns them into codes, the Python module into its exceptions.
#pragma once

#include <stdexcept>
#include <string>

namespace facesdk {

enum class ErrorCode { kInvalidArgument, kInvalidOptions, kInvalidImage, kAsset, kBackendUnavailable };

// Message: one line with the argument or file, what came, what was expected, what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace facesdk
