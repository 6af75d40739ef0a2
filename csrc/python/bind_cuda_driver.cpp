// The CUDA driver: what the device is, and arrays of other libraries that lie on it.
#include <pybind11/stl.h>

#include <string>

#include "python/bindings.h"
#include "python/check.h"
#include "tensorrt/cuda_driver.h"

namespace facesdk::python {
namespace {

namespace py = pybind11;
using tensorrt::CudaDriver;

// Bytes of another library's device memory, once what it put on its stream is done; 0: nothing to wait for.
py::bytes copy_from_device(uint64_t address, int64_t bytes, uint64_t stream) {
  require_range("bytes", bytes, 1, int64_t{1} << 40);
  std::string host(static_cast<size_t>(bytes), '\0');
  {
    const py::gil_scoped_release release;
    const CudaDriver& driver = CudaDriver::get();
    driver.use();
    if (stream != 0) driver.synchronize(reinterpret_cast<tensorrt::Stream>(stream));
    driver.copy_to_host(host.data(), address, bytes);
  }
  return host;
}

}  // namespace

void bind_cuda_driver(py::module_& m) {
  using tensorrt::DeviceFacts;
  py::class_<DeviceFacts>(m, "DeviceFacts")
      .def_readonly("name", &DeviceFacts::name)
      .def_property_readonly("compute_capability",
                             [](const DeviceFacts& f) {
                               return std::to_string(f.capability_major) + "." +
                                      std::to_string(f.capability_minor);
                             })
      .def_readonly("multiprocessors", &DeviceFacts::multiprocessors)
      .def_readonly("driver", &DeviceFacts::driver)
      .def_readonly("total_bytes", &DeviceFacts::total_bytes)
      .def_readonly("free_bytes", &DeviceFacts::free_bytes);
  m.def("cuda_device_facts", [] { return tensorrt::CudaDriver::get().facts(); });
  m.def("copy_from_device", &copy_from_device, "address"_a, "bytes"_a, "stream"_a);
}

}  // namespace facesdk::python
