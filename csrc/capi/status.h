// Exceptions become codes and a line; none crosses the border.
#pragma once

#include "facesdk.h"

namespace facesdk::capi {

// To be called in a catch block: keeps the exception's line for last_message and returns its code.
facesdk_status status_of_exception() noexcept;

const char* last_message() noexcept;
const char* status_name(facesdk_status status) noexcept;

template <typename Body>
facesdk_status guarded(const Body& body) noexcept {
  try {
    body();
    return FACESDK_OK;
  } catch (...) {
    return status_of_exception();
  }
}

}  // namespace facesdk::capi
