"""OpenVINO on the CPU, with the extra [openvino]."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.backends.planes import crop_planes
from facesdk.errors import AssetError, BackendUnavailable


class OpenVinoSession:
    """One network in OpenVINO, in float32 so that it agrees with ONNX Runtime."""

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
            self._compiled = openvino.compile_model(model, "CPU", settings)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise AssetError(f"{name}: not a network that OpenVINO loads ({reason[:160]})") from error
        self.metadata: dict[str, str] = {}
        if model.has_rt_info(["framework"]):
            framework = model.get_rt_info(["framework"]).astype(dict)
            self.metadata = {
                str(key): str(getattr(value, "value", value)) for key, value in framework.items()
            }

    def run(self, batch: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
        """Outputs by name for one float32 input batch."""
        values = self._compiled([batch])
        return {port.get_any_name(): np.asarray(values[port]) for port in self._compiled.outputs}

    def run_on(
        self, picture: npt.NDArray[np.uint8], matrices: Sequence[npt.NDArray[np.float32]], side: int
    ) -> tuple[dict[str, npt.NDArray[np.float32]], npt.NDArray[np.float32]]:
        """Outputs by name for crops of one picture, and the crops in gray."""
        batch, gray = crop_planes(picture, matrices, side)
        return self.run(batch), gray
