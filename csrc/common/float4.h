// Four floats as one value: a register of SSE or NEON in the compiler's own form, four numbers elsewhere and
// on the device. The same operations, each rounded once.
#pragma once

#include <cstdint>
#include <cstring>

#include "common/host_device.h"

#if defined(__GNUC__) && !defined(__CUDACC__)
#define FACESDK_VECTOR_EXTENSION 1
#else
#define FACESDK_VECTOR_EXTENSION 0
#endif

namespace facesdk {

#if FACESDK_VECTOR_EXTENSION
typedef float Float4 __attribute__((vector_size(16)));

FACESDK_HD Float4 splat(float v) { return Float4{v, v, v, v}; }

// (y, z, x, w)
FACESDK_HD Float4 rotated3(Float4 a) { return Float4{a[1], a[2], a[0], a[3]}; }

// Two numbers, then one, straight from the register: twelve bytes at once would go by way of the stack.
FACESDK_HD void store3(float* p, Float4 v) {
  typedef double Double2 __attribute__((vector_size(16)));
  Double2 pairs;
  std::memcpy(&pairs, &v, sizeof(v));
  const double two = pairs[0];
  std::memcpy(p, &two, sizeof(two));
  p[2] = v[2];
}
#else
struct Float4 {
  float v[4];
};

FACESDK_HD Float4 splat(float v) { return {{v, v, v, v}}; }
FACESDK_HD Float4 rotated3(Float4 a) { return {{a.v[1], a.v[2], a.v[0], a.v[3]}}; }
FACESDK_HD Float4 operator+(Float4 a, Float4 b) {
  return {{a.v[0] + b.v[0], a.v[1] + b.v[1], a.v[2] + b.v[2], a.v[3] + b.v[3]}};
}
FACESDK_HD Float4 operator-(Float4 a, Float4 b) {
  return {{a.v[0] - b.v[0], a.v[1] - b.v[1], a.v[2] - b.v[2], a.v[3] - b.v[3]}};
}
FACESDK_HD Float4 operator*(Float4 a, Float4 b) {
  return {{a.v[0] * b.v[0], a.v[1] * b.v[1], a.v[2] * b.v[2], a.v[3] * b.v[3]}};
}
FACESDK_HD void store3(float* p, Float4 v) { std::memcpy(p, &v, 3 * sizeof(float)); }
#endif

FACESDK_HD Float4 load4(const float* p) {
  Float4 v;
  std::memcpy(&v, p, sizeof(v));
  return v;
}

// Three floats and a zero.
FACESDK_HD Float4 load3(const float* p) {
  const float four[4] = {p[0], p[1], p[2], 0.0f};
  return load4(four);
}

FACESDK_HD void store4(float* p, Float4 v) { std::memcpy(p, &v, sizeof(v)); }

// Rows of a (count, 3) array as four floats, of which the last is not to be used: one load in place of three.
// Nothing behind the array is read.
class Rows3 {
 public:
  Rows3(const float* rows, int64_t count) : rows_(rows), last_(count - 1) {
    if (count > 0) std::memcpy(copy_, rows + 3 * last_, 3 * sizeof(float));
  }
  Float4 operator[](int64_t row) const { return load4(row == last_ ? copy_ : rows_ + 3 * row); }

 private:
  const float* rows_;
  int64_t last_;
  float copy_[4] = {};
};

}  // namespace facesdk
