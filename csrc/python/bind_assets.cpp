#include "python/bind_assets.h"

#include <pybind11/stl.h>

#include <algorithm>

#include "python/bindings.h"

namespace facesdk::python {
namespace {

SafetensorsFile from_bytes(const py::bytes& bytes, const std::string& name) {
  const std::string_view view(bytes);
  return {Safetensors::from_memory(reinterpret_cast<const uint8_t*>(view.data()),
                                   static_cast<int64_t>(view.size()), name),
          bytes};
}

py::dtype dtype_of(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return py::dtype("float32");
    case DType::kF16:
      return py::dtype("float16");
    case DType::kI8:
      return py::dtype("int8");
    case DType::kU8:
      return py::dtype("uint8");
    case DType::kI16:
      return py::dtype("int16");
    case DType::kU16:
      return py::dtype("uint16");
    case DType::kI32:
      return py::dtype("int32");
    case DType::kI64:
      break;
  }
  return py::dtype("int64");
}

// A copy: it may outlive the file, and the file's address need not suit the dtype.
py::array array_of(const SafetensorsFile& self, const std::string& key) {
  const Tensor* const tensor = self.file->find(key);
  if (tensor == nullptr) throw py::key_error(key);
  py::array array(dtype_of(tensor->dtype), tensor->shape);
  std::copy_n(static_cast<const uint8_t*>(tensor->data), tensor->bytes,
              static_cast<uint8_t*>(array.mutable_data()));
  return array;
}

std::vector<std::string> keys_of(const SafetensorsFile& self) {
  std::vector<std::string> keys;
  for (const auto& [key, tensor] : self.file->tensors()) keys.push_back(key);
  return keys;
}

}  // namespace

void bind_assets(py::module_& m) {
  py::class_<SafetensorsFile>(m, "Safetensors")
      .def(py::init(
               [](const std::string& path) { return SafetensorsFile{Safetensors::open(path), py::none()}; }),
           "path"_a)
      .def_static("from_bytes", &from_bytes, "data"_a, "name"_a)
      .def("keys", &keys_of)
      .def("__getitem__", &array_of, "key"_a)
      .def_property_readonly("name", [](const SafetensorsFile& self) { return self.file->name(); })
      .def_property_readonly("metadata", [](const SafetensorsFile& self) { return self.file->metadata(); });
}

}  // namespace facesdk::python
