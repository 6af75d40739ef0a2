"""Blocks of Mobile-FaceRNet (paper 1, section 3): dense units, inverted residuals, attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvNorm(nn.Sequential):
    """Convolution without bias, batch norm and, unless `act` is false, ReLU; keeps the size at stride 1."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        dilation: int = 1,
        act: bool = True,
    ) -> None:
        padding = dilation * (kernel // 2)
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        if act:
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)


class Residual(nn.Module):
    """One 3x3 residual module; engines fuse its sum and ReLU into the convolution."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv = ConvNorm(channels, channels, 3, dilation=dilation, act=False)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.act(self.conv(x) + x)
        return out


class DenseUnit(nn.Module):
    """Feature extraction unit: 1x1 convolution, three 3x3 residual modules, the middle one dilated by 3."""

    dilations = (1, 3, 1)

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.reduce = ConvNorm(inputs, channels)
        self.body = nn.Sequential(*(Residual(channels, d) for d in self.dilations))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(self.reduce(x))
        return out


class DenseUnits(nn.Module):
    """Densely connected units: each sees the input and the outputs of all units before it; all are joined."""

    def __init__(self, channels: int, count: int) -> None:
        super().__init__()
        self.units = nn.ModuleList(DenseUnit(channels * (i + 1), channels) for i in range(count))
        self.channels = channels * (count + 1)

    def forward(self, x: Tensor) -> Tensor:
        features = [x]
        for unit in self.units:
            features.append(unit(torch.cat(features, 1) if len(features) > 1 else x))
        return torch.cat(features, 1)


class InvertedResidual(nn.Module):
    """MobileNetV2's block: 1x1 widening by `expand`, 3x3 depthwise, linear 1x1 projection."""

    def __init__(self, inputs: int, outputs: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = inputs * expand
        layers = [] if expand == 1 else [ConvNorm(inputs, wide)]
        layers += [ConvNorm(wide, wide, 3, stride, groups=wide), ConvNorm(wide, outputs, act=False)]
        self.body = nn.Sequential(*layers)
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x)
        return out + x if self.skip else out


class HalvingAttention(nn.Module):
    """The paper's residual attention, H = (1 + G) * F (equation 9).

    F halves the channels by a 1x1 convolution; G is the soft mask of two residual modules on the same input,
    kept depthwise to stay light, and a sigmoid.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.outputs = channels // 2
        self.trunk = ConvNorm(channels, self.outputs)
        self.reduce = ConvNorm(channels, self.outputs)
        self.mask = nn.ModuleList(
            ConvNorm(self.outputs, self.outputs, 3, groups=self.outputs, act=False) for _ in range(2)
        )
        self.gate = nn.Conv2d(self.outputs, self.outputs, 1, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        g = self.reduce(x)
        for module in self.mask:
            g = torch.relu(g + module(g))
        out: Tensor = (1 + torch.sigmoid(self.gate(g))) * self.trunk(x)
        return out


class LightAttention(nn.Module):
    """Equation 9 with F the layer's own output: the channels stay, the mask runs at half of them.

    Half is rounded up to a multiple of 16, the block in which vector units and int8 kernels are filled.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.outputs = channels
        half = max(16, (channels // 2 + 15) // 16 * 16)
        self.mask = nn.Sequential(
            ConvNorm(channels, half), ConvNorm(half, half, 3, groups=half), nn.Conv2d(half, channels, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + x * torch.sigmoid(self.mask(x))


def receptive_field(units: int, kernel: int = 3, dilations: tuple[int, ...] = DenseUnit.dilations) -> int:
    """Side of the receptive field of `units` stacked dense units (equations 7 and 8).

    Every residual module counts as one convolution; the 1x1 convolutions add nothing.
    """
    field = 1
    for _ in range(units):
        for dilation in dilations:
            effective = (dilation - 1) * (kernel - 1) + kernel  # equation 7
            field = field + effective - 1  # equation 8
    return field
