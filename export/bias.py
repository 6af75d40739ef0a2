"""Bias correction: what eight bits shift on average is taken back in the last layers (Nagel et al. 2019).

Rounding errors of a layer have a mean that is not zero; in a regression it moves every face alike. The mean
difference to float32 over the calibration crops, output by output, goes into the biases of the plan.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.compile_plan import PlanFile
from facesdk.inference import open_session

FloatArray = NDArray[np.float32]
BATCH = 16


def correct_biases(plan: PlanFile, written: Path, network: Path, crops: FloatArray) -> None:
    """Move the biases of the plan's outputs; `written` is the plan as it was, `network` the float32 ONNX,
    crops (N, 3, S, S)."""
    exact, shifted = (_means(path, backend, crops) for path, backend in (
        (network, "onnxruntime"), (written, "native")
    ))  # fmt: skip
    steps = plan.description["steps"]
    for name, output in plan.description["outputs"].items():
        for number, step in enumerate(steps):
            if step["op"] == "dense" and step["out"] == output.get("vector"):
                bias = plan.arrays[f"{number}.bias"]
                difference = (exact[name] - shifted[name]).reshape(-1)
                bias[: len(difference)] += difference.astype(np.float32)


def _means(path: Path, backend: str, crops: FloatArray) -> dict[str, NDArray[np.float64]]:
    """Mean of every output over the crops, in whole bytes as a photo's are."""
    session = open_session(path, backend)
    sums: dict[str, NDArray[np.float64]] = {}
    for start in range(0, len(crops), BATCH):
        batch = np.round(crops[start : start + BATCH] * 255).astype(np.float32) * np.float32(1 / 255)
        for name, values in session.run(batch).items():
            sums[name] = sums.get(name, np.zeros(values.shape[1:])) + values.astype(np.float64).sum(0)
    return {name: value / len(crops) for name, value in sums.items()}
