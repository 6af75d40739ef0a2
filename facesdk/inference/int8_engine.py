"""Our own kernels for eight-bit networks (csrc/nn): plans written by export/compile_plan.py."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk import _core
from facesdk.errors import AssetError, InvalidArray

FloatArray = npt.NDArray[np.float32]
_EMPTY = np.zeros(0, np.float32)


class Runs:
    """Runs of one plan at one picture size, each with memory of its own: as many as are busy at once.

    Python threads may share it: a list's pop and append are atomic.
    """

    def __init__(self, plan: Any, height: int, width: int) -> None:
        self._plan, self._size = plan, (height, width)
        self._free = [_core.Run(plan, height, width)]

    @contextlib.contextmanager
    def taken(self) -> Iterator[Any]:
        """A run that is nobody else's; what it gave is to be copied before it is put back."""
        try:
            run = self._free.pop()
        except IndexError:
            run = _core.Run(self._plan, *self._size)
        try:
            yield run
        finally:
            self._free.append(run)


class NativeSession:
    """One plan; the crops of a batch are shared out among as many runs as threads."""

    def __init__(self, path: str | os.PathLike[str], threads: int = 1) -> None:
        description, arrays, self.metadata = read_plan(path)
        self._plan = build(description, arrays, os.path.basename(os.fspath(path)))
        self._outputs = description["outputs"]
        self.side = int(description["side"])
        self._runs = Runs(self._plan, self.side, self.side)
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
        out = {name: np.empty((count, *one["shape"]), np.float32) for name, one in self._outputs.items()}
        share = max(1, min(self._threads, count))

        def work(k: int) -> None:
            with self._runs.taken() as run:
                for i in range(k, count, share):
                    fill(run, i)
                    run.run()
                    for name, one in self._outputs.items():
                        run.read(one["vector"], out[name][i])

        if share == 1:
            work(0)
        else:
            with ThreadPoolExecutor(share) as pool:
                list(pool.map(work, range(share)))
        return out


def read_plan(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]], dict[str, str]]:
    """Description, arrays and metadata of a plan file; raises AssetError if it is damaged."""
    from safetensors import safe_open

    name = os.path.basename(os.fspath(path))
    try:
        with safe_open(os.fspath(path), "np") as file:
            metadata = dict(file.metadata() or {})
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (the file is no dict)
        return dict(json.loads(metadata["plan"])), arrays, metadata
    except Exception as error:  # safetensors has its own error type, JSON and keys theirs
        raise AssetError(f"{name}: not a plan of a network ({error})") from error


def build(description: dict[str, Any], arrays: dict[str, npt.NDArray[Any]], name: str) -> Any:
    """The compiled plan; raises AssetError where the description and its arrays do not fit."""
    plan = _core.Plan()
    try:
        for one in description["maps"]:
            plan.map(one["stride"], one["channels"], one["halo"], one["zero"])
        for one in description["float_maps"]:
            plan.float_map(one["stride"], one["channels"])
        for size in description["vectors"]:
            plan.vector(size)
        for number, step in enumerate(description["steps"]):
            own = {key.split(".")[1]: arrays[key] for key in _keys(arrays, number)}
            _add(plan, step, own)
    except (KeyError, TypeError, ValueError, IndexError, InvalidArray) as error:
        raise AssetError(f"{name}: a damaged plan ({error})") from error
    return plan


def _keys(arrays: dict[str, npt.NDArray[Any]], number: int) -> list[str]:
    parts = ("weights", "bias", "scale", "gate", "low", "high")
    return [key for key in (f"{number}.{part}" for part in parts) if key in arrays]


def _add(plan: Any, step: dict[str, Any], own: dict[str, npt.NDArray[Any]]) -> None:
    op = step["op"]
    if op == "conv":
        plan.conv(
            [tuple(source) for source in step["sources"]], step["stride"], step["dilation"], step["pad"],
            own["weights"], own["bias"], own["scale"], step["out"], step["to_float"], step["join"],
            tuple(step["other"]), step["other_scale"], step["gate_zero"], own.get("gate", _EMPTY),
        )  # fmt: skip
    elif op == "depthwise":
        plan.depthwise(step["source"], step["stride"], own["weights"], own["bias"], own["scale"], step["out"])
    elif op in ("mean", "flatten"):
        getattr(plan, op)(step["source"], step["scale"], step["out"])
    elif op == "thumbnail":
        plan.thumbnail(step["cells"], step["out"])
    elif op == "peaks":
        plan.peaks(step["source"], step["points"], step["extent"], step["out"])
    elif op == "dense":
        plan.dense(
            step["inputs"], own["weights"], own["scale"], own["bias"], own["low"], own["high"], step["out"]
        )
    else:
        raise AssetError(f"an unknown step {op!r}")
