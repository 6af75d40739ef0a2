#include "python/bindings.h"
#include "python/check.h"

PYBIND11_MODULE(_core, m) {
  using namespace facesdk::python;
  m.doc() = "Compiled ops of FaceSDK; the documented form of each is in facesdk.ops.";

  py::register_local_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const InvalidArray& error) {
      const py::object type = py::module_::import("facesdk.errors").attr("InvalidArray");
      PyErr_SetString(type.ptr(), error.what());
    }
  });

  bind_decode_detections(m);
  bind_decode(m);
  bind_geometry(m);
  bind_landmarks(m);
  bind_network(m);
  bind_sample_normalized_patch(m);
  bind_pose(m);
  bind_rasterize(m);
  bind_damped_least_squares(m);
  bind_sharpness(m);
  bind_resize(m);
  bind_smoothness(m);
  bind_warp(m);
}
