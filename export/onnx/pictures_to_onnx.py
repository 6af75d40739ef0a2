"""Export a network from pictures to maps of their size (N_mask) to ONNX."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from export.onnx.to_onnx import OPSET, smooth_crops
from training.networks.mask_net import fold_norms


class PixelOrder(nn.Module):
    """A network's maps (N, C, S, S) pixel by pixel (N, S, S, C), as pictures lie in memory."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        maps: Tensor = self.network(pictures)
        return maps.permute(0, 2, 3, 1)


def export_picture_network(
    network: nn.Module, path: Path, side: int, channels: int, output: str, description: dict[str, Any]
) -> float:
    """Write an ONNX file: input crop (N, channels, side, side) in 0..1, one output (N, side, side, C).

    Args:
        network: evaluated, in torch; its norms are folded in place.
        path: of the file.
        side: px.
        channels: of the input.
        output: its name.
        description: the metadata entry "facesdk" beside input_size and channels.

    Returns:
        The largest difference between torch and ONNX Runtime over a few crops.
    """
    form = PixelOrder(fold_norms(network.eval()).requires_grad_(False)).eval()
    temporary = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            form,
            (torch.zeros(2, channels, side, side),),
            str(temporary),
            input_names=["crop"],
            output_names=[output],
            dynamic_axes={"crop": {0: "N"}, output: {0: "N"}},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(str(temporary))
    entry = model.metadata_props.add()
    entry.key = "facesdk"
    entry.value = json.dumps({"input_size": side, "channels": channels, **description})
    model.producer_name, model.producer_version = "facesdk", str(description["version"])
    onnx.checker.check_model(model)
    onnx.save(model, str(temporary))
    temporary.replace(path)
    return largest_difference(form, path, side, channels)


def largest_difference(form: nn.Module, path: Path, side: int, channels: int) -> float:
    """Largest difference between torch and ONNX Runtime over crops of smooth colour."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for count in (1, 3):
        colours = smooth_crops(2 * count, side, count)
        crops = np.ascontiguousarray(np.concatenate([colours[:count], colours[count:]], 1)[:, :channels])
        with torch.no_grad():
            expected = form(torch.from_numpy(crops)).numpy()
        worst = max(worst, float(np.abs(session.run(None, {"crop": crops})[0] - expected).max()))
    return worst
