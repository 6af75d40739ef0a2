"""Engines that run the networks: one file each, one small interface."""

from __future__ import annotations

import os
from typing import Protocol

import numpy as np
import numpy.typing as npt

from facesdk.errors import BackendUnavailable


class Session(Protocol):
    """A loaded network with one input."""

    metadata: dict[str, str]  # the ONNX file's metadata_props

    def run(self, batch: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
        """Outputs by name for one float32 input batch."""


def open_session(path: str | os.PathLike[str], backend: str = "onnxruntime", threads: int = 1) -> Session:
    """Load an ONNX file; raises AssetError if it is damaged, BackendUnavailable if the engine is absent."""
    if backend == "onnxruntime":
        from facesdk.backends.onnxruntime import OnnxRuntimeSession

        return OnnxRuntimeSession(path, threads)
    if backend == "openvino":
        from facesdk.backends.openvino import OpenVinoSession

        return OpenVinoSession(path, threads)
    if backend == "native":
        from facesdk.backends.native import NativeSession

        return NativeSession(path, threads)
    raise BackendUnavailable(f"backend: got {backend!r}, expected onnxruntime or openvino")
