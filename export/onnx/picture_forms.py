"""Detector, networks of maps and eye-closure network as GPU engines run them; see regressor_form.py."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from export.onnx.regressor_form import convolution, copied
from training.detector.network import CHANNELS, DetectorNet


class DetectorForm(nn.Module):
    """Picture (N, 3, H, W) RGB in 0..1 -> cells (N, A, 15), float32, as training/detector/network.py.

    Args:
        network: evaluated, norms folded.
        half: run all but the last convolution in float16; its offsets are strides of up to 32 px.
    """

    def __init__(self, network: DetectorNet, half: bool = False) -> None:
        super().__init__()
        self.half_inside = half
        own = copied(network, half)
        self.stem, self.stages, self.lateral = own.stem, own.stages, own.lateral
        self.mix, self.head, self.out = own.mix, own.head, copied(network.out, False)

    def forward(self, picture: Tensor) -> Tensor:
        x = self.stem(picture.half() if self.half_inside else picture)
        levels = []
        for stage, lateral in zip(self.stages, self.lateral, strict=True):
            x = stage(x)
            levels.append(lateral(x))
        top = self.mix[2](F.relu(levels[2]))
        tops = [top]
        for k in (1, 0):
            top = self.mix[k](F.relu(levels[k] + F.interpolate(top, scale_factor=2.0, mode="nearest")))
            tops.insert(0, top)
        rows = [self.out(self.head(level).float()).permute(0, 2, 3, 1) for level in tops]
        # The written batch of 1 becomes "as in the input" in export/onnx/device_graph.py.
        return torch.cat([row.reshape(1, -1, CHANNELS) for row in rows], 1)


class MapsForm(nn.Module):
    """Pictures (N, C, S, S) in 0..1 -> maps pixel by pixel (N, S', S', K), float32.

    Args:
        network: evaluated, norms folded; convolutions and nearest upsampling.
        half: run it in float16.
    """

    def __init__(self, network: nn.Module, half: bool = False) -> None:
        super().__init__()
        self.half_inside = half
        self.network = copied(network, half)

    def forward(self, pictures: Tensor) -> Tensor:
        maps: Tensor = self.network(pictures.half() if self.half_inside else pictures)
        return maps.float().permute(0, 2, 3, 1)


class EyesForm(nn.Module):
    """Patches of eyes (N, K) -> logit (N, 1), float32: dense layers as 1x1 convolutions.

    Args:
        layers: "0.weight", "0.bias", ..., with ReLU between the layers.
        half: run it in float16.
    """

    def __init__(self, layers: Mapping[str, NDArray[np.generic]], half: bool = False) -> None:
        super().__init__()
        self.half_inside = half
        tensors = {k: torch.from_numpy(v.astype(np.float32)) for k, v in layers.items()}
        self.layers = copied(
            nn.ModuleList(
                convolution(tensors[f"{k}.weight"][..., None, None], tensors[f"{k}.bias"])
                for k in range(len(tensors) // 2)
            ),
            half,
        )

    def forward(self, patch: Tensor) -> Tensor:
        x = patch[:, :, None, None]
        x = x.half() if self.half_inside else x
        for k, layer in enumerate(self.layers):
            x = layer(x if k == 0 else torch.relu(x))
        return x.float().flatten(1)
