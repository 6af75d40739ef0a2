"""OpenVINO on the CPU, with the extra [openvino]."""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.errors import AssetError, BackendUnavailable

FloatArray = npt.NDArray[np.float32]


class OpenVinoSession:
    """One network in OpenVINO, in float32 so that it agrees with ONNX Runtime.

    It is compiled for one picture at a time. Where their size is fixed its memory is bound: with an input of
    unknown size every run infers all shapes again and copies it, half of the time of a small network.
    """

    def __init__(self, path: str | os.PathLike[str], threads: int = 1) -> None:
        try:
            import openvino
        except ImportError as error:
            raise BackendUnavailable("openvino does not import; pip install 'facesdk[openvino]'") from error
        name = os.path.basename(os.fspath(path))
        settings: dict[str, Any] = {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        try:
            model = openvino.Core().read_model(os.fspath(path))
            self.metadata = _metadata(model)
            # Compiled, an output goes by the names of what it was fused with as well.
            names = [port.get_any_name() for port in model.outputs]
            shape = model.inputs[0].get_partial_shape()
            shape[0] = 1
            model.reshape(shape)
            compiled = openvino.compile_model(model, "CPU", settings)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise AssetError(f"{name}: not a network that OpenVINO loads ({reason[:160]})") from error
        self._request = compiled.create_infer_request()
        self._one_at_a_time = threading.Lock()
        self.outputs = names
        self.side = 0 if shape.is_dynamic or len(shape) != 4 else int(shape[3].get_length())
        self._bound: dict[str, FloatArray] = {}
        if shape.is_dynamic:
            self._ports = compiled.outputs
            return
        self._item = np.zeros(tuple(compiled.inputs[0].shape), np.float32)
        self._request.set_input_tensor(openvino.Tensor(self._item, shared_memory=True))
        # The request writes into the same memory at every run.
        self._bound = {
            name: self._request.get_tensor(port).data
            for name, port in zip(names, compiled.outputs, strict=True)
        }

    def run(self, batch: FloatArray) -> dict[str, FloatArray]:
        """Outputs by name for one float32 input batch."""
        if not self._bound:
            with self._one_at_a_time:
                self._request.infer([batch])
                ports = zip(self.outputs, self._ports, strict=True)
                return {name: self._request.get_tensor(port).data.copy() for name, port in ports}
        out = {name: np.empty((len(batch), *one.shape[1:]), np.float32) for name, one in self._bound.items()}
        for i, item in enumerate(batch):
            with self._one_at_a_time:
                self._item[0] = item
                self._request.infer()
                for name, one in self._bound.items():
                    out[name][i] = one[0]
        return out


def _metadata(model: Any) -> dict[str, str]:
    """What the ONNX file says of itself."""
    if not model.has_rt_info(["framework"]):
        return {}
    framework = model.get_rt_info(["framework"]).astype(dict)
    return {str(key): str(getattr(value, "value", value)) for key, value in framework.items()}
