"""Our own kernels for eight-bit networks (csrc/nn): plans written by export/int8_engine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.core.compiled import _core
from facesdk.errors import AssetError, InvalidArray

FloatArray = npt.NDArray[np.float32]


def load_network(path: str | os.PathLike[str], kernels: str = "") -> tuple[Any, dict[str, str]]:
    """Load a quantised graph and the file's metadata.

    Args:
        path: a .plan file.
        kernels: a kernel family by name (csrc/nn/kernels.h), for tests; "": the fastest of this CPU.

    Raises:
        AssetError: the file is missing or damaged.
    """
    file = _core.Safetensors(os.fspath(path))
    return _core.Int8Network(file, kernels), file.metadata


class Runs:
    """Runs of one network at one picture size, each with memory of its own: as many as are busy at once.

    Python threads may share it: a list's pop and append are atomic.
    """

    def __init__(self, network: Any, height: int, width: int) -> None:
        self._network, self._size = network, (height, width)
        self._free = [network.prepare(height, width)]

    @contextlib.contextmanager
    def taken(self) -> Iterator[Any]:
        """A run that is nobody else's; what it gave is to be copied before it is put back."""
        try:
            run = self._free.pop()
        except IndexError:
            run = self._network.prepare(*self._size)
        try:
            yield run
        finally:
            self._free.append(run)


class NativeSession:
    """A network of square crops; those of a batch are shared out among as many runs as threads."""

    def __init__(self, path: str | os.PathLike[str], threads: int = 1, kernels: str = "") -> None:
        network, self.metadata = load_network(path, kernels)
        self.side = int(network.side)
        if self.side == 0:
            raise AssetError(
                f"{network.name}: got a network of free picture size, expected one of square crops"
            )
        self.outputs: list[str] = list(network.outputs)
        self._outputs = dict(zip(network.outputs, network.output_shapes, strict=True))
        self._runs = Runs(network, self.side, self.side)
        self._threads = threads

    def run(self, batch: FloatArray) -> dict[str, FloatArray]:
        """Outputs by name for crops (N, 3, S, S) float32 RGB in 0..1, rounded to bytes."""
        pixels = np.rint(batch.transpose(0, 2, 3, 1) * np.float32(255)).astype(np.uint8)

        def fill(run: Any, i: int) -> None:
            run.picture()[:, :, :3] = pixels[i]

        return self._run(len(batch), fill)

    def run_on(
        self, picture: npt.NDArray[np.uint8], matrices: Sequence[FloatArray], side: int
    ) -> tuple[dict[str, FloatArray], FloatArray]:
        """Outputs by name for crops of one picture, and the crops in gray; no crop is written but in the
        network's own input."""
        if side != self.side:
            raise InvalidArray(f"side: got {side}, expected {self.side}")
        gray = np.empty((len(matrices), side, side), np.float32)

        def fill(run: Any, i: int) -> None:
            run.crop(picture, matrices[i], 1)
            run.gray(gray[i])

        return self._run(len(matrices), fill), gray

    def _run(self, count: int, fill: Callable[[Any, int], None]) -> dict[str, FloatArray]:
        out = {name: np.empty((count, *shape), np.float32) for name, shape in self._outputs.items()}
        share = max(1, min(self._threads, count))

        def work(k: int) -> None:
            with self._runs.taken() as run:
                for i in range(k, count, share):
                    fill(run, i)
                    run.run()
                    for index, array in enumerate(out.values()):
                        run.read(index, array[i])

        if share == 1:
            work(0)
        else:
            with ThreadPoolExecutor(share) as pool:
                list(pool.map(work, range(share)))
        return out
