// What the smaller picture shares with the network, into whose input it goes.
#pragma once

#include "ops/resize/resize.h"
#include "python/check.h"

namespace facesdk::python {

struct Target {
  uint8_t* pixels;  // of four bytes
  int64_t row_bytes, height, width;
};

void shrink_into(const View<uint8_t>& image, int64_t rows, int64_t columns, int halvings,
                 const Target& target);

}  // namespace facesdk::python
