"""Builds small quantised graphs (.plan) in memory, step by step, for the tests of csrc/nn."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from facesdk import _core

# Families that the CPU lacks run as the reference, so no test is skipped.
KERNELS = ("reference", "avx2", "avx_vnni", "avx512_vnni", "neon", "neon_dotprod")


class GraphFile:
    """A description and its arrays; every method adds an entry and returns its number."""

    def __init__(self, padding: int = 1, zero: int = 128, side: int = 0) -> None:
        self.description: dict[str, Any] = {"maps": [], "float_maps": [], "vectors": [], "steps": [],
                                            "outputs": {}, "side": side}  # fmt: skip
        self.arrays: dict[str, NDArray[Any]] = {}
        self.map(1, 4, padding, zero)

    def _add(self, kind: str, entry: Any) -> int:
        self.description[kind].append(entry)
        return len(self.description[kind]) - 1

    def map(self, stride: int, channels: int, padding: int, zero: int) -> int:
        return self._add("maps", {"stride": stride, "channels": channels, "halo": padding, "zero": zero})

    def float_map(self, stride: int, channels: int) -> int:
        return self._add("float_maps", {"stride": stride, "channels": channels})

    def vector(self, size: int) -> int:
        return self._add("vectors", size)

    def step(self, op: str, arrays: dict[str, NDArray[Any]] | None = None, **entries: Any) -> int:
        number = self._add("steps", {"op": op, **entries})
        self.arrays |= {f"{number}.{part}": values for part, values in (arrays or {}).items()}
        return number

    def conv(
        self,
        sources: list[tuple[int, bool]],
        weights: NDArray[np.int8],
        bias: NDArray[np.int32],
        scale: NDArray[np.float32],
        out: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        pad: int = 0,
        to_float: bool = False,
        join: str = "none",
        other: tuple[int, bool] = (0, False),
        other_scale: float = 0.0,
        gate_zero: int = 0,
        gate: NDArray[np.float32] | None = None,
    ) -> int:
        arrays: dict[str, NDArray[Any]] = {"weights": weights, "bias": bias, "scale": scale}
        if gate is not None:
            arrays["gate"] = gate
        return self.step("conv", arrays, sources=sources, out=out, stride=stride, dilation=dilation, pad=pad,
                         to_float=to_float, join=join, other=other, other_scale=other_scale,
                         gate_zero=gate_zero)  # fmt: skip

    def output(self, name: str, vector: int, shape: list[int]) -> None:
        self.description["outputs"][name] = {"vector": vector, "shape": shape}

    def map_output(self, name: str, map_: int, size: int) -> None:
        """The bytes of a map, less its zero point, by way of a flatten step."""
        vector = self.vector(size)
        self.step("flatten", source=map_, scale=1.0, out=vector)
        self.output(name, vector, [size])

    def data(self, **metadata: str) -> bytes:
        arrays = {name: np.ascontiguousarray(values) for name, values in self.arrays.items()}
        return save(arrays, {"plan": json.dumps(self.description), **metadata})

    def load(self, kernels: str = "", **metadata: str) -> _core.Int8Network:
        return _core.Int8Network(_core.Safetensors.from_bytes(self.data(**metadata), "some.plan"), kernels)


def run(network: _core.Int8Network, picture: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Outputs by name for one picture (H, W, 3)."""
    values = network.prepare(*picture.shape[:2]).predict(picture[None])
    shapes = [[size or -1 for size in shape] for shape in network.output_shapes]  # 0: the pixels of a map
    return {
        name: one.reshape(shape) for name, one, shape in zip(network.outputs, values, shapes, strict=True)
    }
