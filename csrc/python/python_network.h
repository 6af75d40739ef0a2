// A network that an engine in Python runs: ONNX Runtime, OpenVINO.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "nn/inference.h"

namespace facesdk::python {

// session: an object with name, backend, metadata (str), outputs (list of str), side, input_numbers, capacity
// (int) and run(batch) -> a float32 array (N, ...) for each output. The batch is pixels (N, H, W, 4) uint8,
// or (N, input_numbers) float32 where that is not 0. Its methods may be called on any thread.
std::shared_ptr<Network> make_python_network(pybind11::object session);

}  // namespace facesdk::python
