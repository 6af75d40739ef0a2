"""Checkpoint of the detector to ONNX, checked against torch."""

from __future__ import annotations

import io
import math
import warnings
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from training.detector.network import DetectorNet
from training.loop.checkpoint import part, read
from training.options import CheckpointFile, Out

LARGEST_BYTES = 600_000


def to_onnx(state: dict[str, Any], path: Path, threshold: float = 0.5) -> float:
    """Write the network; returns the largest difference from torch over three picture sizes."""
    import onnx
    import onnxruntime as ort

    net = DetectorNet().eval()
    net.load_state_dict(state)
    if net.out.bias is not None:
        net.out.bias.data[0] -= math.log(threshold / (1 - threshold))
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net,
            (torch.rand(1, 3, 320, 320),),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=17,
            input_names=["picture"],
            output_names=["cells"],
            dynamic_axes={"picture": {2: "height", 3: "width"}, "cells": {1: "cells"}},
        )
    model = onnx.load_from_string(buffer.getvalue())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for height, width in ((320, 320), (64, 256), (416, 288)):
        picture = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height))
        with torch.no_grad():
            expected = net(picture).numpy()
        got = session.run(None, {"picture": picture.numpy()})[0]
        worst = max(worst, float(np.abs(got - expected).max()))
    return worst


def export_detector(
    checkpoint_file: CheckpointFile,
    out: Out,
    threshold: Annotated[float, typer.Option(help="score that becomes 0.5")] = 0.5,
) -> None:
    """Export the detector to ONNX, checked against torch.

    The threshold is the score at the wanted operating point on held-out scenes; the score's bias is shifted
    so that it becomes 0.5 in the exported network.
    """
    torch.set_num_threads(1)
    worst = to_onnx(part(read(checkpoint_file)[0], "average"), out, threshold)
    size = out.stat().st_size
    print(f"{out}: {size} bytes, largest difference from torch {worst:.2e}")
    if size >= LARGEST_BYTES or worst > 1e-3:
        raise SystemExit("too large or not the same network")
