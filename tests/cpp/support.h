// What the tests of the core library share: numbers that are the same everywhere, a mesh, and a digest of
// every op's results, which is the same for every compiler, vector level and CPU.
#pragma once

#include <doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "common/workspace.h"

namespace facesdk::test {

// Linear congruential: the standard library's distributions differ between implementations.
class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed) {}

  float uniform(float low, float high) {
    state_ = state_ * 1664525u + 1013904223u;
    return low + (high - low) * (static_cast<float>(state_ >> 8) / 16777216.0f);
  }
  // 0 .. limit - 1
  int32_t index(int64_t limit) { return static_cast<int32_t>(uniform(0, static_cast<float>(limit) - 0.01f)); }

  std::vector<float> floats(int64_t count, float low, float high) {
    std::vector<float> out(static_cast<size_t>(count));
    for (float& v : out) v = uniform(low, high);
    return out;
  }
  std::vector<int32_t> indices(int64_t count, int64_t limit) {
    std::vector<int32_t> out(static_cast<size_t>(count));
    for (int32_t& v : out) v = index(limit);
    return out;
  }
  std::vector<uint8_t> bytes(int64_t count) {
    std::vector<uint8_t> out(static_cast<size_t>(count));
    for (uint8_t& v : out) v = static_cast<uint8_t>(uniform(0, 255.99f));
    return out;
  }

 private:
  uint32_t state_;
};

// Adds bytes to the digest of an op; main.cpp compares all digests with those in digests.txt.
void add_to_digest(const std::string& op, const void* data, size_t bytes);

template <typename T>
void add_to_digest(const std::string& op, const std::vector<T>& values) {
  add_to_digest(op, values.data(), values.size() * sizeof(T));
}

// Runs `body(threads, out)` with 1, 2 and 4 threads, which must give the same bits, and adds them to the
// digest of `op`. Returns them.
template <typename Body>
std::vector<float> same_on_threads(const std::string& op, int64_t size, const Body& body) {
  std::vector<float> one(static_cast<size_t>(size)), more(one.size());
  body(1, one.data());
  for (const int threads : {2, 4}) {
    body(threads, more.data());
    CHECK(std::memcmp(one.data(), more.data(), one.size() * sizeof(float)) == 0);
  }
  add_to_digest(op, one);
  return one;
}

// Largest difference between two arrays of the same size.
inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double most = 0.0;
  for (size_t i = 0; i < a.size(); ++i) most = std::fmax(most, std::fabs(static_cast<double>(a[i]) - b[i]));
  return most;
}

// Row pointer of rows with the same number of entries.
inline std::vector<int32_t> row_pointer(int64_t rows, int32_t per_row) {
  std::vector<int32_t> out(static_cast<size_t>(rows) + 1);
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<int32_t>(i) * per_row;
  return out;
}

// Puts values that arithmetic may stumble over into an array.
inline void add_hostile_values(std::vector<float>& values) {
  const float hostile[] = {std::numeric_limits<float>::quiet_NaN(),
                           std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity(),
                           std::numeric_limits<float>::max(),
                           -std::numeric_limits<float>::max(),
                           std::numeric_limits<float>::denorm_min(),
                           131072.0f,
                           -131072.0f,
                           0.0f,
                           -0.0f};
  size_t at = 0;
  for (const float v : hostile) {
    if (values.empty()) return;
    values[at % values.size()] = v;
    at += 7;
  }
}

struct Mesh {
  std::vector<float> verts;        // (V, 3)
  std::vector<int32_t> triangles;  // (T, 3)
  int64_t num_verts() const { return static_cast<int64_t>(verts.size()) / 3; }
  int64_t num_triangles() const { return static_cast<int64_t>(triangles.size()) / 3; }
};

// A tube of radius 50 about the y axis, 1200 in front of a camera that looks along +z; triangles are
// counter-clockwise seen from outside. It has vertices of different depth and triangles of all directions.
Mesh tube(int rings, int segments);

// Tubes whose triangles are large, a few pixels and below a pixel at a focal length of 1000 px.
std::vector<Mesh> tubes();

constexpr float kCamera[9] = {1000, 0, 59.5f, 0, 1000, 59.5f, 0, 0, 1};  // of a picture of 120 x 120 px

}  // namespace facesdk::test
