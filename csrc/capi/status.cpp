#include "capi/status.h"

#include <cstring>
#include <exception>
#include <new>

#include "common/error.h"

namespace facesdk::capi {
namespace {

constexpr size_t kLongestMessage = 512;  // bytes, with the final zero

// The one thing that is kept outside the handles: a failed creation has no handle to keep its message. A
// plain array needs neither memory nor a destructor at the end of a thread.
thread_local char message[kLongestMessage];

// Keeps as much of the text as there is room for, in one line.
void keep(const char* text) noexcept {
  size_t i = 0;
  for (; text[i] != '\0' && i + 1 < kLongestMessage; ++i) message[i] = text[i] == '\n' ? ' ' : text[i];
  message[i] = '\0';
}

facesdk_status status_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return FACESDK_INVALID_ARGUMENT;
    case ErrorCode::kInvalidOptions:
      return FACESDK_INVALID_OPTIONS;
    case ErrorCode::kInvalidImage:
      return FACESDK_INVALID_IMAGE;
    case ErrorCode::kAsset:
      return FACESDK_ASSET_ERROR;
    case ErrorCode::kBackendUnavailable:
      return FACESDK_BACKEND_UNAVAILABLE;
  }
  return FACESDK_INTERNAL_ERROR;
}

}  // namespace

facesdk_status status_of_exception() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    keep(error.what());
    return status_of(error.code());
  } catch (const std::bad_alloc&) {
    keep("memory: none left for this call; free some, or take smaller pictures or fewer sessions");
    return FACESDK_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    keep(error.what());
  } catch (...) {
    keep("unknown exception");
  }
  return FACESDK_INTERNAL_ERROR;
}

const char* last_message() noexcept { return message; }

const char* status_name(facesdk_status status) noexcept {
  switch (status) {
    case FACESDK_OK:
      return "ok";
    case FACESDK_INVALID_ARGUMENT:
      return "invalid argument";
    case FACESDK_INVALID_OPTIONS:
      return "invalid options";
    case FACESDK_INVALID_IMAGE:
      return "invalid image";
    case FACESDK_ASSET_ERROR:
      return "asset error";
    case FACESDK_BACKEND_UNAVAILABLE:
      return "backend unavailable";
    case FACESDK_OUT_OF_MEMORY:
      return "out of memory";
    case FACESDK_INTERNAL_ERROR:
      return "internal error";
    default:
      return "unknown status";
  }
}

}  // namespace facesdk::capi
