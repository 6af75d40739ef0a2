"""The trunks that Table 4 of paper 1 compares Mobile-FaceRNet with, written from their papers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from training.networks.blocks import ConvNorm


class Trunk(nn.Sequential):
    """Crop (N, 3, S, S) -> features (N, channels, S / 32, S / 32)."""

    def __init__(self, layers: list[nn.Module], channels: int) -> None:
        super().__init__(*layers)
        self.channels = channels


class Bottleneck(nn.Module):
    """ResNet's block: 1x1, 3x3, 1x1 to four times the width, and a shortcut (He et al. 2016)."""

    widening = 4

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = self.widening * width
        self.body = nn.Sequential(
            ConvNorm(inputs, width), ConvNorm(width, width, 3, stride), ConvNorm(width, outputs, act=False)
        )
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else ConvNorm(inputs, outputs, stride=stride, act=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet50() -> Trunk:
    """ResNet-50: 3, 4, 6 and 3 bottlenecks of 64 to 512 channels."""
    layers: list[nn.Module] = [ConvNorm(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for stage, count in enumerate((3, 4, 6, 3)):
        for i in range(count):
            layers.append(Bottleneck(channels, 64 << stage, 2 if i == 0 and stage else 1))
            channels = Bottleneck.widening * (64 << stage)
    return Trunk(layers, channels)


class DenseLayer(nn.Module):
    """DenseNet's layer: norm, ReLU, 1x1 to 4 k channels, norm, ReLU, 3x3 to k, joined (Huang et al. 2017)."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(inputs), nn.ReLU(), nn.Conv2d(inputs, 4 * growth, 1, bias=False),
            nn.BatchNorm2d(4 * growth), nn.ReLU(), nn.Conv2d(4 * growth, growth, 3, 1, 1, bias=False),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.body(x)], 1)


def densenet121(growth: int = 32) -> Trunk:
    """DenseNet-121: 6, 12, 24 and 16 layers of growth 32, halved between the blocks."""
    layers: list[nn.Module] = [ConvNorm(3, 2 * growth, 7, 2), nn.MaxPool2d(3, 2, 1)]
    channels = 2 * growth
    for block, count in enumerate((6, 12, 24, 16)):
        if block:
            layers += [
                nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, channels // 2, 1, bias=False),
                nn.AvgPool2d(2),
            ]  # fmt: skip
            channels //= 2
        for _ in range(count):
            layers.append(DenseLayer(channels, growth))
            channels += growth
    return Trunk([*layers, nn.BatchNorm2d(channels), nn.ReLU()], channels)


OTHERS: dict[str, Callable[[], Trunk]] = {"resnet50": resnet50, "densenet121": densenet121}
