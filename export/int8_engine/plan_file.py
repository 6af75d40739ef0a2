"""The file of a quantised graph (.plan): its description as JSON and its packed arrays, as safetensors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

Doubles = NDArray[np.float64]
LANES = 16  # outputs of a convolution or dense step are padded to whole vectors of this many


@dataclass
class PlanFile:
    """What is written: the description, the arrays by "STEP.part", and the network's metadata."""

    description: dict[str, Any]
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class Tensor:
    """Where a tensor of the ONNX graph lies: in joined maps, or in one vector.

    sources: (map, upsampled to double size) of each part along the channels.
    order: (columns,) position of each of the tensor's columns in the vector.
    """

    sources: list[tuple[int, bool]] = field(default_factory=list)
    vector: int | None = None
    order: NDArray[np.int64] | None = None


class PlanBuilder:
    """A plan in the making: maps, vectors, steps in order, and the tensors that they hold."""

    def __init__(self, picture: str) -> None:
        self.maps: list[dict[str, int]] = [{"stride": 1, "channels": 4, "halo": 0, "zero": 0}]
        self.scales: list[float] = [1 / 255]  # of the maps
        self.exact_zero: dict[int, float] = {}  # of maps whose true zero lies between two bytes
        self.float_maps: list[dict[str, int]] = []
        self.vectors: list[int] = []
        self.steps: list[dict[str, Any]] = []
        self.arrays: dict[str, NDArray[Any]] = {}
        self.tensors: dict[str, Tensor] = {picture: Tensor([(0, False)])}

    def tensor(self, name: str) -> Tensor:
        """The place of a tensor; raises ValueError where no step makes it."""
        if name not in self.tensors:
            raise ValueError(f"{name}: no step makes it")
        return self.tensors[name]

    def add_map(self, stride: int, channels: int, scale: float, zero: int) -> int:
        """Add a uint8 map; returns its number. stride: pixels of the picture per cell."""
        self.maps.append({"stride": stride, "channels": channels, "halo": 0, "zero": zero})
        self.scales.append(scale)
        return len(self.maps) - 1

    def add_float_map(self, stride: int, channels: int) -> int:
        """Add a float32 map; returns its number."""
        self.float_maps.append({"stride": stride, "channels": channels})
        return len(self.float_maps) - 1

    def add_vector(self, size: int) -> int:
        """Add a float32 vector; returns its number."""
        self.vectors.append(size)
        return len(self.vectors) - 1

    def add_step(self, step: dict[str, Any], **arrays: NDArray[Any]) -> None:
        """Append a step with its arrays."""
        number = len(self.steps)
        for part, values in arrays.items():
            self.arrays[f"{number}.{part}"] = values
        self.steps.append(step)

    def zero_point(self, index: int) -> float:
        """The value of a map that stands for zero."""
        return self.exact_zero.get(index, self.maps[index]["zero"])


def quantize_rows(real: Doubles) -> tuple[Doubles, Doubles]:
    """Rows as whole numbers in -127..127, and the step of each row."""
    steps = np.maximum(np.abs(real).max(1), 1e-12) / 127
    return np.round(real / steps[:, None]), steps


def padded_size(count: int) -> int:
    """The count filled up to whole vectors."""
    return -(-count // LANES) * LANES


def write_plan(plan: PlanFile, path: Path) -> None:
    """Write a plan by way of a temporary name."""
    temporary = path.with_suffix(".part")
    metadata = plan.metadata | {"plan": json.dumps(plan.description)}
    save_file({k: np.ascontiguousarray(v) for k, v in plan.arrays.items()}, str(temporary), metadata)
    temporary.replace(path)


def read_plan(path: Path) -> PlanFile:
    """Read what `write_plan` wrote."""
    with safe_open(str(path), "np") as file:
        metadata = dict(file.metadata())
        arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (the file is no dict)
    return PlanFile(json.loads(metadata.pop("plan")), arrays, metadata)
