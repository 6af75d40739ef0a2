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

}  // namespace

PYBIND11_MODULE(_core, m) {
  using namespace facesdk::python;
  m.doc() = "Compiled ops of FaceSDK; the documented form of each is in facesdk.ops.";

  py::register_local_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const InvalidArray& error) {
      const py::object type = py::module_::import("facesdk.errors").attr("InvalidArray");
      PyErr_SetString(type.ptr(), error.what());
    } catch (const facesdk::Error& error) {
      const py::object type = py::module_::import("facesdk.errors").attr(class_of(error.code()));
      PyErr_SetString(type.ptr(), error.what());
    }
  });

  bind_assets(m);
  bind_networks(m);
  bind_detector(m);
  bind_regressor(m);

  bind_decode_detections(m);
  bind_decode(m);
  bind_engine(m);
  bind_pipeline(m);
  bind_geometry(m);
  bind_landmarks(m);
  bind_sample_normalized_patch(m);
  bind_pose(m);
  bind_rasterize(m);
  bind_damped_least_squares(m);
  bind_sharpness(m);
  bind_resize(m);
  bind_smoothness(m);
  bind_warp(m);
}
