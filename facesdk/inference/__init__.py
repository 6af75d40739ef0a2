"""Engines that run the networks: one file each, one small interface."""

from __future__ import annotations

import os
from typing import Protocol

import numpy as np
import numpy.typing as npt

from facesdk.errors import BackendUnavailable

FloatArray = npt.NDArray[np.float32]


class Session(Protocol):
    """A loaded network with one input: pictures (N, 3, H, W), or rows of numbers (N, K)."""

    metadata: dict[str, str]  # the file's own: see facesdk/regress.py
    outputs: list[str]
    side: int  # S px; 0 where the size of pictures is free, or where it takes numbers

    def run(self, batch: FloatArray) -> dict[str, FloatArray]:
        """Outputs by name for one batch float32: pictures are RGB in 0..1."""


def open_session(path: str | os.PathLike[str], backend: str = "onnxruntime", threads: int = 1) -> Session:
    """Load a network; raises AssetError if it is damaged, BackendUnavailable if the engine is absent."""
    if backend == "native":
        from facesdk.inference.int8_engine import NativeSession

        return NativeSession(path, threads)
    if backend == "onnxruntime":
        from facesdk.inference.onnxruntime import OnnxRuntimeSession

        return OnnxRuntimeSession(path, threads)
    if backend == "openvino":
        from facesdk.inference.openvino import OpenVinoSession

        return OpenVinoSession(path, threads)
    raise BackendUnavailable(f"backend: got {backend!r}, expected native, onnxruntime or openvino")
