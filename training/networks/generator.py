"""The generator that N_cont and N_syn share (paper 2, section 3.2): encoder, residual blocks, decoder.

Two presets of one code. `paper` is Pix2PixHD's global generator (Wang et al. 2018) at full width: 7x7 entry
and exit, instance norm, two halvings, residual blocks at a quarter of the side. `edge` runs in our int8
engine: depthwise-separable encoder and decoder with skip connections, batch norm that folds, and residual
blocks at an eighth of the side, dense and dilated, because they are cheap there. Upsampling is nearest, then
a convolution: transposed convolutions leave a chequerboard.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.networks.blocks import ConvNorm
from training.networks.mask_net import Separable


@dataclass(frozen=True)
class Shape:
    """Form of one generator."""

    side: int  # px of the pictures that it is made for
    widths: tuple[int, ...]  # channels at the whole side, a half, a quarter ...
    dilations: tuple[int, ...]  # of each residual block's first convolution
    edge: bool


class ConvInstance(nn.Sequential):
    """Convolution over reflected borders, instance norm and, unless `act` is false, ReLU."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1, act: bool = True
    ) -> None:
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(dilation * (kernel // 2)),
            nn.Conv2d(inputs, outputs, kernel, stride, dilation=dilation, bias=False),
            nn.InstanceNorm2d(outputs),
        ]
        if act:
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, the first dilated, their sum with the input, ReLU."""

    def __init__(self, channels: int, dilation: int, edge: bool) -> None:
        super().__init__()
        conv: type[ConvNorm] | type[ConvInstance] = ConvNorm if edge else ConvInstance
        self.body = nn.Sequential(
            conv(channels, channels, 3, dilation=dilation), conv(channels, channels, 3, act=False)
        )
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.act(self.body(x) + x)
        return out


class Generator(nn.Module):
    """Pictures (N, inputs, S, S) -> maps (N, outputs, S, S), unbounded."""

    def __init__(self, inputs: int, outputs: int, shape: Shape) -> None:
        super().__init__()
        widths = shape.widths
        self.skips = shape.edge
        conv: type[ConvNorm] | type[ConvInstance] = ConvNorm if shape.edge else ConvInstance
        self.entry = conv(inputs, widths[0], 3 if shape.edge else 7)
        self.down = nn.ModuleList(
            Separable(a, b, 2) if shape.edge else ConvInstance(a, b, 3, 2)
            for a, b in itertools.pairwise(widths)
        )
        self.blocks = nn.Sequential(*(ResidualBlock(widths[-1], d, shape.edge) for d in shape.dilations))
        self.up = nn.ModuleList(
            Separable(b + a, a) if shape.edge else ConvInstance(b, a, 3)
            for b, a in itertools.pairwise(widths[::-1])
        )
        self.exit = nn.Conv2d(widths[0], outputs, 1 if shape.edge else 7, padding=0 if shape.edge else 3)

    def forward(self, pictures: Tensor) -> Tensor:
        """S: a multiple of two to the number of halvings."""
        x = self.entry(pictures)
        skips = []
        for stage in self.down:
            skips.append(x)
            x = stage(x)
        x = self.blocks(x)
        for stage, skip in zip(self.up, reversed(skips), strict=True):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = stage(torch.cat([x, skip], 1) if self.skips else x)
        out: Tensor = self.exit(x)
        return out
