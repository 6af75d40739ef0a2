"""Networks from pictures to maps of their size: ONNX compared with torch, and the plan made from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from export.int8_engine.compile_plan import compile_plan
from export.int8_engine.plan_file import write_plan
from export.onnx.pictures_to_onnx import export_picture_network
from export.quantization.static_quantization import quantize_maps
from facesdk.inference import open_session

TOLERANCE = 1e-3  # largest difference of an output from torch


class SessionNetwork(nn.Module):
    """An exported picture network as torch calls it: (N, C, S, S) in 0..1 -> maps (N, K, S, S)."""

    def __init__(self, path: Path, output: str) -> None:
        super().__init__()
        self._session = open_session(path, "native" if path.suffix == ".plan" else "onnxruntime")
        self._output = output

    def forward(self, pictures: Tensor) -> Tensor:
        # Whole bytes, as a photo's crop has them.
        rounded = (pictures * 255).round() / 255
        maps = self._session.run(rounded.numpy())[self._output]
        return torch.from_numpy(maps).permute(0, 3, 1, 2)


def export_float(
    network: nn.Module, out: Path, side: int, channels: int, output: str, description: dict[str, Any]
) -> None:
    """Write OUT as ONNX; see `export_picture_network`.

    Raises:
        SystemExit: ONNX Runtime and torch disagree; OUT is left as it was.
    """
    candidate = out.with_suffix(".new")
    difference = export_picture_network(network, candidate, side, channels, output, description)
    print(f"largest difference from torch: {difference:.2e} (bound {TOLERANCE:.0e})")
    if difference > TOLERANCE:
        candidate.unlink()
        raise SystemExit("not exported: ONNX Runtime and torch disagree")
    candidate.replace(out)


def export_plan(network: Path, pictures: NDArray[np.float32]) -> Path:
    """Write the plan of an ONNX file beside it, with ranges from pictures (N, C, S, S); its path."""
    plan = network.with_suffix(".plan")
    write_plan(compile_plan(*quantize_maps(onnx.load(str(network)), pictures)), plan)
    return plan


def print_figures(figures: dict[Path, dict[str, float]]) -> None:
    """Print a line for each file."""
    for path, values in figures.items():
        print(f"{path.name}, {path.stat().st_size / 1e3:.0f} kB: {values}")
