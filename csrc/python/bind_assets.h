// A safetensors file in Python's hands.
#pragma once

#include <memory>

#include "assets/safetensors.h"
#include "python/check.h"

namespace facesdk::python {

struct SafetensorsFile {
  std::shared_ptr<const Safetensors> file;
  py::object owner;  // of bytes that were given, None where the file is mapped
};

}  // namespace facesdk::python
