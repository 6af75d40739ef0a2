#include "python/check.h"

#include <sstream>

#include "common/simd_dispatch.h"

namespace facesdk::python {
namespace {

struct Largest {
  static FACESDK_HD void run(const int32_t* index, int64_t count, uint32_t* out) {
    uint32_t most = 0;
    for (int64_t i = 0; i < count; ++i) {
      const uint32_t v = static_cast<uint32_t>(index[i]);  // a negative index becomes a huge one
      most = v > most ? v : most;
    }
    *out = most;
  }
};

uint32_t largest(const int32_t* index, int64_t count) {
  uint32_t most = 0;
  vectorized<Largest>(index, count, &most);
  return most;
}

// "float32 (V=5, 3) in C order".
std::string expected(const char* dtype, const Axis* axes, size_t count) {
  std::ostringstream text;
  text << dtype << " (";
  for (size_t i = 0; i < count; ++i) {
    const Axis& axis = axes[i];
    if (i > 0) text << ", ";
    if (axis.letter == 0) {
      text << axis.size;
      continue;
    }
    text << axis.letter << (axis.beyond > 0 ? "+1" : "");
    if (axis.size >= 0) text << '=' << axis.size + axis.beyond;
  }
  text << (count == 1 ? ",)" : ")") << " in C order";
  return text.str();
}

}  // namespace

std::string describe(py::handle value) {
  if (!py::isinstance<py::array>(value)) return py::str(py::type::of(value).attr("__name__"));
  const py::array array = py::reinterpret_borrow<py::array>(value);
  std::ostringstream text;
  text << std::string(py::str(array.dtype())) << ' ' << std::string(py::str(array.attr("shape")));
  if (!(array.flags() & py::array::c_style)) text << " not in C order";
  return text.str();
}

void refuse(const char* name, const std::string& came, const std::string& wanted) {
  throw InvalidArray(std::string(name) + ": got " + came + ", expected " + wanted);
}

void require_axes(py::handle value, bool fits, const char* dtype, const char* name, const Axis* axes,
                  size_t count, std::initializer_list<Known> known, int64_t* shape) {
  Axis wanted[4];
  for (size_t i = 0; i < count; ++i) {
    wanted[i] = axes[i];
    for (const Known& size : known) {
      if (wanted[i].letter != 0 && wanted[i].letter == size.letter) wanted[i].size = size.size;
    }
  }
  fits = fits && static_cast<size_t>(py::reinterpret_borrow<py::array>(value).ndim()) == count;
  if (fits) {
    const py::array array = py::reinterpret_borrow<py::array>(value);
    for (size_t i = 0; i < count; ++i) {
      shape[i] = array.shape(static_cast<py::ssize_t>(i));
      fits = fits && (wanted[i].size < 0 || shape[i] == wanted[i].size + wanted[i].beyond);
      for (size_t k = 0; k < i; ++k) {  // a letter stands for one size
        fits =
            fits && (wanted[k].letter == 0 || wanted[k].letter != wanted[i].letter || shape[k] == shape[i]);
      }
    }
  }
  if (!fits) refuse(name, describe(value), expected(dtype, wanted, count));
}

void require_range(const char* name, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return;
  refuse(name, std::to_string(value), std::to_string(low) + " to " + std::to_string(high));
}

int require_threads(int threads) {
  require_range("threads", threads, 1, 256);
  return threads;
}

void require_indices(const char* name, const int32_t* index, int64_t count, int64_t limit) {
  if (count == 0 || static_cast<int64_t>(largest(index, count)) < limit) return;
  for (int64_t i = 0; i < count; ++i) {
    if (index[i] >= 0 && index[i] < limit) continue;
    refuse(name, "index " + std::to_string(index[i]) + " at position " + std::to_string(i),
           "indices from 0 to " + std::to_string(limit - 1));
  }
}

void require_row_pointer(const char* name, const int32_t* ptr, int64_t rows, int64_t entries) {
  bool fits = ptr[0] == 0 && ptr[rows] == entries;
  for (int64_t i = 0; i < rows; ++i) fits &= ptr[i] <= ptr[i + 1];
  if (fits) return;
  refuse(name, "a row pointer from " + std::to_string(ptr[0]) + " to " + std::to_string(ptr[rows]),
         "one that starts at 0, never falls and ends at the " + std::to_string(entries) + " entries");
}

}  // namespace facesdk::python
