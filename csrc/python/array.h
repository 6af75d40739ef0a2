// Arrays in the signatures of the bindings: element type and axes are part of the C++ type, so the signature
// that Python prints, and the stub file made of it, name what `require` checks.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace facesdk::python {

namespace py = pybind11;

// The axis of a row pointer: one entry more than the rows that its letter counts.
enum class RowPointer : char {};

inline bool is_anything(const PyObject*) { return true; }

// An array (axes) of T. An axis is a number, a letter for a size that is free, or a RowPointer. Python may
// pass any object: `require` reports one that does not fit as InvalidArray, and nothing is converted or
// copied.
template <typename T, auto... kAxes>
class Array : public py::object {
  PYBIND11_OBJECT(Array, py::object, is_anything)

  static Array empty(std::vector<py::ssize_t> shape) { return Array(py::array_t<T>(std::move(shape))); }
  // Not by pybind11's constructor from data: that makes a second array to copy from.
  static Array copy(const T* data, std::vector<py::ssize_t> shape) {
    py::array_t<T> array(std::move(shape));
    std::copy_n(data, array.size(), array.mutable_data());
    return Array(std::move(array));
  }
  // Of memory that lives as long as `owner`.
  static Array view(T* data, std::vector<py::ssize_t> shape, py::handle owner) {
    return Array(py::array_t<T>(std::move(shape), data, owner));
  }

  // Of an array made by `empty`.
  T* data() { return static_cast<T*>(py::reinterpret_borrow<py::array>(*this).mutable_data()); }

 private:
  explicit Array(py::array_t<T>&& array) : py::object(std::move(array)) {}
};

template <auto... kAxes>
using Floats = Array<float, kAxes...>;
template <auto... kAxes>
using Doubles = Array<double, kAxes...>;
template <auto... kAxes>
using Ints = Array<int32_t, kAxes...>;
template <auto... kAxes>
using Int8s = Array<int8_t, kAxes...>;
template <auto... kAxes>
using Bytes = Array<uint8_t, kAxes...>;

// An argument that is an array of one of several types.
template <typename... Arrays>
class AnyOf : public py::object {
  PYBIND11_OBJECT(AnyOf, py::object, is_anything)
};

// A value of any type.
class Anything : public py::object {
  PYBIND11_OBJECT(Anything, py::object, is_anything)
};

// Values by name.
using Record = py::typing::Dict<py::str, Anything>;

}  // namespace facesdk::python

namespace pybind11::detail {

template <auto kAxis>
constexpr auto axis_name() {
  using Kind = decltype(kAxis);
  if constexpr (std::is_same_v<Kind, char>) {
    return descr<1>{kAxis};
  } else if constexpr (std::is_same_v<Kind, facesdk::python::RowPointer>) {
    return descr<3>{static_cast<char>(kAxis), '+', '1'};
  } else {
    return const_name<static_cast<size_t>(kAxis)>();
  }
}

template <typename T, auto... kAxes>
struct handle_type_name<facesdk::python::Array<T, kAxes...>> {
  static constexpr auto name = const_name("typing.Annotated[numpy.typing.NDArray[") +
                               npy_format_descriptor<T>::name + const_name("], \"[") +
                               ::pybind11::detail::concat(axis_name<kAxes>()...) + const_name("]\"]");
};

template <typename... Arrays>
struct handle_type_name<facesdk::python::AnyOf<Arrays...>> {
  static constexpr auto name = ::pybind11::detail::union_concat(make_caster<Arrays>::name...);
};

template <>
struct handle_type_name<facesdk::python::Anything> {
  static constexpr auto name = const_name("typing.Any");
};

}  // namespace pybind11::detail
