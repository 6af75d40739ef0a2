"""Bias correction (Nagel et al. 2019): subtract the mean error of quantization in the output layers' biases.

Rounding errors of a layer have a mean that is not zero; in a regression it moves every face alike. The mean
difference to float32 over the calibration crops, output by output, goes into the biases of the plan.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.int8_engine.plan_file import PlanFile
from facesdk.inference import open_session

FloatArray = NDArray[np.float32]
BATCH = 16


def correct_biases(plan: PlanFile, written: Path, network: Path, crops: FloatArray) -> None:
    """Correct the biases of the layers that write the plan's outputs, in place.

    Args:
        plan: the compiled network.
        written: the same plan as a file, which is run.
        network: the float32 ONNX file that it was made from.
        crops: (N, 3, S, S) in 0..1.
    """
    exact = _output_means(network, "onnxruntime", crops)
    quantised = _output_means(written, "native", crops)
    steps = plan.description["steps"]
    for name, output in plan.description["outputs"].items():
        for number, step in enumerate(steps):
            if step["op"] == "dense" and step["out"] == output.get("vector"):
                bias = plan.arrays[f"{number}.bias"]
                difference = (exact[name] - quantised[name]).reshape(-1)
                bias[: len(difference)] += difference.astype(np.float32)


def _output_means(path: Path, backend: str, crops: FloatArray) -> dict[str, NDArray[np.float64]]:
    """Mean of every output over the crops, rounded to whole bytes as a photo's are."""
    session = open_session(path, backend)
    sums: dict[str, NDArray[np.float64]] = {}
    for start in range(0, len(crops), BATCH):
        batch = np.round(crops[start : start + BATCH] * 255).astype(np.float32) * np.float32(1 / 255)
        for name, values in session.run(batch).items():
            sums[name] = sums.get(name, np.zeros(values.shape[1:])) + values.astype(np.float64).sum(0)
    return {name: value / len(crops) for name, value in sums.items()}
