"""Our own kernels for eight-bit networks (csrc/nn): plans written by export/int8_engine."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from facesdk.core.compiled import _core
from facesdk.errors import AssetError

FloatArray = npt.NDArray[np.float32]


def load_network(path: str | os.PathLike[str], kernels: str = "") -> tuple[_core.Int8Network, dict[str, str]]:
    """Load a quantised graph and the file's metadata.

    Args:
        path: a .plan file.
        kernels: a kernel family by name (csrc/nn/kernels.h), for tests; "": the fastest of this CPU.

    Raises:
        AssetError: the file is missing or damaged.
    """
    file = _core.Safetensors(os.fspath(path))
    return _core.Int8Network(file, kernels), file.metadata


class NativeSession:
    """A network of square crops; those of a batch are shared out among as many runs as threads.

    Python threads may share it: a list's pop and append are atomic.
    """

    def __init__(self, path: str | os.PathLike[str], threads: int = 1, kernels: str = "") -> None:
        self._network, self.metadata = load_network(path, kernels)
        self.side = self._network.side
        if self.side == 0:
            raise AssetError(
                f"{self._network.name}: got a network of free picture size, expected one of square crops"
            )
        self.outputs = self._network.outputs
        self._free = [self._network.prepare(self.side, self.side)]  # runs that no thread uses
        self._threads = threads

    def run(self, batch: FloatArray) -> dict[str, FloatArray]:
        """Outputs by name for crops (N, 3 or 4, S, S) float32 in 0..1, rounded to bytes."""
        pixels = np.rint(batch.transpose(0, 2, 3, 1) * np.float32(255)).astype(np.uint8)
        parts = np.array_split(np.ascontiguousarray(pixels), max(1, min(self._threads, len(pixels))))
        if len(parts) == 1:
            rows = [self._predict(parts[0])]
        else:
            with ThreadPoolExecutor(len(parts)) as pool:
                rows = list(pool.map(self._predict, parts))
        return {
            name: np.concatenate([row[k] for row in rows]).reshape(len(pixels), *shape)
            for k, (name, shape) in enumerate(zip(self.outputs, self._network.output_shapes, strict=True))
        }

    def _predict(self, pixels: npt.NDArray[np.uint8]) -> list[FloatArray]:
        try:
            run = self._free.pop()
        except IndexError:
            run = self._network.prepare(self.side, self.side)
        try:
            return run.predict(pixels)
        finally:
            self._free.append(run)
