// Argument checks of the bindings. The message names the argument, what came and what was expected.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>

namespace facesdk::python {

namespace py = pybind11;

// Becomes facesdk.errors.InvalidArray at the border to Python.
struct InvalidArray : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One axis as it is expected: a letter for a size that is free, with the size once it is known.
struct Axis {
  const char* label;
  int64_t size = -1;
};

template <typename T>
struct View {
  const T* data;
  int64_t shape[4];
  py::array owner;
};

std::string describe(py::handle value);
std::string expected(const char* dtype, std::initializer_list<Axis> axes);
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

// The array behind `value`, or InvalidArray. Nothing is converted or copied: a silent copy of a large array
// would cost more than the op.
template <typename T>
View<T> require(py::handle value, const char* name, std::initializer_list<Axis> axes) {
  using Array = py::array_t<T, py::array::c_style>;
  if (!py::isinstance<Array>(value)) refuse(name, describe(value), expected(dtype_name<T>(), axes));
  View<T> view{nullptr, {1, 1, 1, 1}, py::reinterpret_borrow<py::array>(value)};
  bool fits = view.owner.ndim() == static_cast<py::ssize_t>(axes.size());
  int axis = 0;
  for (const Axis& wanted : axes) {
    if (!fits) break;
    view.shape[axis] = view.owner.shape(axis);
    fits = wanted.size < 0 || wanted.size == view.shape[axis];
    ++axis;
  }
  if (!fits) refuse(name, describe(value), expected(dtype_name<T>(), axes));
  view.data = static_cast<const T*>(view.owner.data());
  return view;
}

int require_threads(int threads);
void require_range(const char* name, int64_t value, int64_t low, int64_t high);

// Every entry of an index array is in 0 .. limit - 1. A wrong index would read outside the arrays.
void require_indices(const char* name, const int32_t* index, int64_t count, int64_t limit);

// A row pointer: starts at 0, never falls, ends at `entries`.
void require_row_pointer(const char* name, const int32_t* ptr, int64_t rows, int64_t entries);

}  // namespace facesdk::python
