"""ONNX Runtime, on the CPU unless another of its execution providers is given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from facesdk.errors import AssetError, BackendUnavailable

CPU = "CPUExecutionProvider"


class OnnxRuntimeSession:
    """One network in ONNX Runtime.

    Args:
        path: of the .onnx file.
        threads: of the CPU.
        providers: execution providers by ONNX Runtime's names, in the order of preference.

    Raises:
        AssetError: no network that ONNX Runtime loads.
        BackendUnavailable: ONNX Runtime is absent, or would silently run on other providers than these.
    """

    def __init__(
        self, path: str | os.PathLike[str], threads: int = 1, providers: Sequence[str] = (CPU,)
    ) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise BackendUnavailable(
                f"onnxruntime does not import ({error}); pip install onnxruntime"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # With AVX2 alone its products of unsigned and signed bytes would saturate.
        options.add_session_config_entry("session.x64quantprecision", "1")
        options.log_severity_level = 3  # its warnings would print between the lines of the CLI
        # Waiting threads would spin and take a core from the caller between two frames.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        name = os.path.basename(os.fspath(path))
        try:
            self._session = onnxruntime.InferenceSession(
                os.fspath(path), sess_options=options, providers=list(providers)
            )
        except Exception as error:  # onnxruntime has no common base class for a file it cannot load
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise AssetError(f"{name}: not a network that onnxruntime loads ({reason[:160]})") from error
        _check_providers(name, providers, self._session.get_providers())
        self.metadata = dict(self._session.get_modelmeta().custom_metadata_map)
        entry = self._session.get_inputs()[0]
        self._input = entry.name
        self.shape: list[int | str | None] = list(entry.shape)
        self.side = entry.shape[-1] if len(entry.shape) == 4 and isinstance(entry.shape[-1], int) else 0
        self.outputs = [output.name for output in self._session.get_outputs()]

    def run(self, batch: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
        """Outputs by name for one float32 input batch."""
        values = self._session.run(self.outputs, {self._input: batch})
        return {
            name: cast("npt.NDArray[np.float32]", value)
            for name, value in zip(self.outputs, values, strict=True)
        }


def _check_providers(name: str, asked: Sequence[str], got: Sequence[str]) -> None:
    """ONNX Runtime leaves out a provider whose libraries do not load, and runs on the CPU without a word."""
    missing = [provider for provider in asked if provider not in got]
    if missing:
        raise BackendUnavailable(
            f"{name}: onnxruntime runs it by {', '.join(got)}, without {', '.join(missing)}: it has none or "
            "its libraries do not load; install onnxruntime-gpu with CUDA and cuDNN, or take another backend"
        )
