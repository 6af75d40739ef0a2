// Argument checks of the bindings. The message names the argument, what came and what was expected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <variant>

#include "python/array.h"

namespace facesdk::python {

// Becomes facesdk.errors.InvalidArray at the border to Python.
struct InvalidArray : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// An axis as it is expected: a number, or a letter whose size is free until an argument before it sets it.
struct Axis {
  char letter;     // 0 for a number
  int64_t size;    // -1 while it is free
  int64_t beyond;  // of a row pointer: one more than the letter's size
};

// The size that a letter has by an argument before.
struct Known {
  char letter;
  int64_t size;
};

template <typename T>
struct View {
  const T* data;
  int64_t shape[4];
  py::array owner;
};

std::string describe(py::handle value);
[[noreturn]] void refuse(const char* name, const std::string& came, const std::string& wanted);

template <typename T>
constexpr const char* dtype_name();
template <>
constexpr const char* dtype_name<float>() {
  return "float32";
}
template <>
constexpr const char* dtype_name<double>() {
  return "float64";
}
template <>
constexpr const char* dtype_name<int32_t>() {
  return "int32";
}
template <>
constexpr const char* dtype_name<int8_t>() {
  return "int8";
}
template <>
constexpr const char* dtype_name<uint8_t>() {
  return "uint8";
}

// Writes the sizes of the `count` axes of `value`, or throws InvalidArray where it is no array of the dtype
// in C order (`fits`) or an axis has another size.
void require_axes(py::handle value, bool fits, const char* dtype, const char* name, const Axis* axes,
                  size_t count, std::initializer_list<Known> known, int64_t* shape);

template <typename Kind>
constexpr Axis axis_of(Kind axis) {
  if constexpr (std::is_same_v<Kind, char>) return {axis, -1, 0};
  if constexpr (std::is_same_v<Kind, RowPointer>) return {static_cast<char>(axis), -1, 1};
  if constexpr (std::is_integral_v<Kind>) return {0, static_cast<int64_t>(axis), 0};
}

// A view of `value`, or InvalidArray. Nothing is converted or copied: a silent copy of a large array would
// cost more than the op.
template <typename T, auto... kAxes>
View<T> require(const Array<T, kAxes...>& value, const char* name, std::initializer_list<Known> known = {}) {
  static_assert(sizeof...(kAxes) > 0 && sizeof...(kAxes) <= 4);
  constexpr Axis axes[] = {axis_of(kAxes)...};
  const bool fits = py::isinstance<py::array_t<T, py::array::c_style>>(value);
  View<T> view{nullptr, {1, 1, 1, 1}, {}};
  require_axes(value, fits, dtype_name<T>(), name, axes, sizeof...(kAxes), known, view.shape);
  view.owner = py::reinterpret_borrow<py::array>(value);
  view.data = static_cast<const T*>(view.owner.data());
  return view;
}

// The same for an array to be written.
template <typename T, auto... kAxes>
T* require_writable(const Array<T, kAxes...>& value, const char* name, std::initializer_list<Known> known) {
  View<T> view = require(value, name, known);
  if (!view.owner.writeable()) refuse(name, "a read-only array", "one that can be written");
  return static_cast<T*>(view.owner.mutable_data());
}

// A path as text, or as the bytes that the file system has: they need not be UTF-8.
using PathName = std::variant<py::bytes, std::string>;

inline std::string bytes_of(const PathName& path) {
  return std::visit([](const auto& name) { return std::string(name); }, path);
}

int require_threads(int threads);
void require_range(const char* name, int64_t value, int64_t low, int64_t high);

// Every entry of an index array is in 0 .. limit - 1. A wrong index would read outside the arrays.
void require_indices(const char* name, const int32_t* index, int64_t count, int64_t limit);

// A row pointer: starts at 0, never falls, ends at `entries`.
void require_row_pointer(const char* name, const int32_t* ptr, int64_t rows, int64_t entries);

}  // namespace facesdk::python
