#include <cstring>

#include "common/error.h"
#include "python/bindings.h"
#include "python/check.h"

namespace {

// The class of facesdk.errors for an error of the engine.
const char* class_of(facesdk::ErrorCode code) {
  switch (code) {
    case facesdk::ErrorCode::kInvalidArgument:
      return "InvalidArray";
    case facesdk::ErrorCode::kInvalidOptions:
      return "InvalidOptions";
    case facesdk::ErrorCode::kInvalidImage:
      return "InvalidImage";
    case facesdk::ErrorCode::kBackendUnavailable:
      return "BackendUnavailable";
    case facesdk::ErrorCode::kAsset:
      break;
  }
  return "AssetError";
}

// Names of files, which messages hold, need not be UTF-8.
void set_error(const char* class_name, const char* message) {
  namespace py = pybind11;
  const py::object type = py::module_::import("facesdk.errors").attr(class_name);
  const auto text = py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(message, static_cast<py::ssize_t>(std::strlen(message)), "backslashreplace"));
  if (text) PyErr_SetObject(type.ptr(), text.ptr());
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  using namespace facesdk::python;
  m.doc() = "Compiled ops of FaceSDK; the documented form of each is in facesdk.ops.";

  py::register_local_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const InvalidArray& error) {
      set_error("InvalidArray", error.what());
    } catch (const facesdk::Error& error) {
      set_error(class_of(error.code()), error.what());
    }
  });

  bind_assets(m);
  bind_cuda(m);
  bind_networks(m);
  bind_detector(m);
  bind_regressor(m);

  bind_decode_detections(m);
  bind_decode(m);
  bind_frame(m);
  bind_engine(m);
  bind_occlusion(m);
  bind_pipeline(m);
  bind_geometry(m);
  bind_landmarks(m);
  bind_sample_normalized_patch(m);
  bind_pose(m);
  bind_rasterize(m);
  bind_contours(m);
  bind_damped_least_squares(m);
  bind_sharpness(m);
  bind_resize(m);
  bind_smoothness(m);
  bind_cuda_driver(m);
  bind_tensorrt(m);
  bind_warp(m);
}
