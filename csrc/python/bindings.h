// One line per op: what module.cpp registers.
#pragma once

#include <pybind11/pybind11.h>

namespace facesdk::python {

using pybind11::literals::operator""_a;

void bind_assets(pybind11::module_& m);
void bind_cuda(pybind11::module_& m);
void bind_cuda_driver(pybind11::module_& m);
void bind_decode_detections(pybind11::module_& m);
void bind_decode(pybind11::module_& m);
void bind_detector(pybind11::module_& m);
void bind_engine(pybind11::module_& m);
void bind_frame(pybind11::module_& m);
void bind_geometry(pybind11::module_& m);
void bind_landmarks(pybind11::module_& m);
void bind_networks(pybind11::module_& m);
void bind_occlusion(pybind11::module_& m);
void bind_pipeline(pybind11::module_& m);
void bind_sample_normalized_patch(pybind11::module_& m);
void bind_pose(pybind11::module_& m);
void bind_rasterize(pybind11::module_& m);
void bind_contours(pybind11::module_& m);
void bind_damped_least_squares(pybind11::module_& m);
void bind_sharpness(pybind11::module_& m);
void bind_regressor(pybind11::module_& m);
void bind_resize(pybind11::module_& m);
void bind_smoothness(pybind11::module_& m);
void bind_tensorrt(pybind11::module_& m);
void bind_warp(pybind11::module_& m);

}  // namespace facesdk::python
