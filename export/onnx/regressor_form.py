"""The regressor as GPU engines run it: convolutions and elementwise nodes alone, no shape arithmetic.

Every matrix is a convolution that ends at 1x1, for TensorRT refuses float32 matrices on Turing; the
soft-argmax is a sum over cells in four dimensions, so that no reshape needs the batch's size. What only
scales or shifts (landmarks to unit variance, label statistics) is folded into the weights beside it.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.networks.heads import ColourHead, Decoder, PointHead
from training.networks.mobile_facernet import MobileFaceRNet

GRID = 1.1  # width of the soft-argmax's grid over that of the crop, as in training/networks/heads.py
UNBOUNDED = 1e30
Module = TypeVar("Module", bound=nn.Module)


def copied(module: Module, half: bool) -> Module:
    """Copy a module, in float16 where `half`."""
    own = copy.deepcopy(module).requires_grad_(False)
    return own.half() if half else own.float()


class RegressorForm(nn.Module):
    """Crop (N, 3, S, S) RGB 0..1 -> x (N, K), points (N, 68, 2), spread (N, 68), presence (N, 1), float32.

    The numbers are those of training/networks/mobile_facernet.py's ExportForm.

    Args:
        network: evaluated, norms folded, of a preset with landmarks.
        half: run trunk and decoder in float16; soft-argmax, means and the heads stay in float32.
    """

    low: Tensor
    high: Tensor

    def __init__(self, network: MobileFaceRNet, half: bool = False) -> None:
        super().__init__()
        assert isinstance(network.head, PointHead)
        assert network.decoder is not None
        assert network.colour is not None
        self.half_inside = half
        self.stem, self.units, self.join = (
            copied(m, half) for m in (network.stem, network.units, network.join)
        )
        self.stages, self.taps = copied(network.stages, half), network.taps
        self.maps = LandmarkMaps(network.decoder, half)
        self.code, self.place = copied(network.head.code, half), copied(network.head.place, half)
        self.soft_argmax = SoftArgmax(network.preset.input_size // 8)
        self.head = CoefficientHead(network)
        self.colour = ThumbnailColours(network)
        low, high = (torch.full((1, network.preset.layout.total), s * UNBOUNDED) for s in (-1, 1))
        delta = network.preset.layout.slices()["delta"]
        low[:, delta], high[:, delta] = 0.0, 1.0
        self.register_buffer("low", low)
        self.register_buffer("high", high)

    def forward(self, crop: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x = crop - 0.5
        x = self.join(self.units(self.stem(x.half() if self.half_inside else x)))
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        points = self.soft_argmax(self.maps(x, [features[i] for i in self.taps[::-1]]).float())
        code = torch.relu(self.code(x)).float().mean((2, 3), keepdim=True)
        place = torch.relu(self.place(x)).float()
        output, spread, presence = self.head(points, code, place)
        coefficients = (output + self.colour(crop)).flatten(1)
        bounded = torch.minimum(torch.maximum(coefficients, self.low), self.high)
        return bounded, points.squeeze(2), spread.flatten(1), presence.flatten(1)


class LandmarkMaps(nn.Module):
    """The decoder up to its maps (N, 68, S / 8, S / 8)."""

    def __init__(self, decoder: Decoder, half: bool) -> None:
        super().__init__()
        self.enter, self.merge = copied(decoder.enter, half), copied(decoder.merge, half)
        self.smooth, self.maps = copied(decoder.smooth, half), copied(decoder.maps, half)

    def forward(self, deep: Tensor, skips: list[Tensor]) -> Tensor:
        x = self.enter(deep)
        for skip, merge in zip(skips, self.merge, strict=True):
            x = merge(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skip], 1))
        out: Tensor = self.maps(self.smooth(x))
        return out


class SoftArgmax(nn.Module):
    """Expected position of each map (N, P, C, C) -> (N, P, 1, 2), crop sides from the crop's centre."""

    across: Tensor
    down: Tensor

    def __init__(self, cells: int) -> None:
        super().__init__()
        places = ((torch.arange(cells) + 0.5) / cells - 0.5) * GRID
        self.register_buffer("across", places.reshape(1, 1, 1, cells))
        self.register_buffer("down", places.reshape(1, 1, cells, 1))

    def forward(self, maps: Tensor) -> Tensor:
        weights = torch.exp(maps - maps.amax((2, 3), keepdim=True))
        total = weights.sum((2, 3), keepdim=True)
        x, y = ((weights * grid).sum((2, 3), keepdim=True) / total for grid in (self.across, self.down))
        return torch.cat([x, y], 3)


class CoefficientHead(nn.Module):
    """PointHead's matrices as convolutions: points, code and places have a kernel each, which cover them."""

    def __init__(self, network: MobileFaceRNet) -> None:
        super().__init__()
        head = network.head
        assert isinstance(head, PointHead)
        weight = head.hidden.weight.detach()  # (hidden, 2 P + code + narrow * cells^2)
        count, code = 2 * network.preset.points, network.preset.code
        points = 4 * weight[:, :count].reshape(len(weight), -1, 1, 2)  # 4: as in PointHead.forward
        places = weight[:, count + code :].reshape(len(weight), head.narrow, head.cells, head.cells)
        self.points, self.places = convolution(points), convolution(places)
        self.code = convolution(weight[:, count : count + code, None, None], head.hidden.bias)
        std, mean = network.std, network.mean
        self.output = convolution(
            (std[:, None] * head.output.weight)[..., None, None], mean + std * head.output.bias
        )
        self.doubt, self.spread, self.presence = (
            convolution(m.weight[..., None, None], m.bias) for m in (head.doubt, head.spread, head.presence)
        )

    def forward(self, points: Tensor, code: Tensor, place: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = torch.relu(self.code(code) + self.points(points) + self.places(place))
        return self.output(hidden), self.spread(torch.relu(self.doubt(hidden))), self.presence(hidden)


class ThumbnailColours(nn.Module):
    """ColourHead's part of all K coefficients (N, K, 1, 1): zero but for albedo and light."""

    def __init__(self, network: MobileFaceRNet) -> None:
        super().__init__()
        colour, layout = network.colour, network.preset.layout
        assert isinstance(colour, ColourHead)
        self.window = network.preset.input_size // colour.cells
        inner = colour.inner.weight.detach().double()
        kernel = 4 * inner.reshape(len(inner), 3, colour.cells, colour.cells)
        self.inner = convolution(kernel, colour.inner.bias.double() - 4 * 0.4 * inner.sum(1))
        weight = torch.zeros(layout.total, colour.hidden)
        bias = torch.zeros(layout.total)
        at, start = layout.slices(), 0
        for part in (at["beta"], at["gamma"]):
            rows = slice(start, start + part.stop - part.start)
            weight[part] = network.std[part, None] * colour.output.weight[rows]
            bias[part] = network.std[part] * colour.output.bias[rows]
            start = rows.stop
        self.output = convolution(weight[..., None, None], bias)

    def forward(self, crop: Tensor) -> Tensor:
        colours = F.avg_pool2d(crop, self.window)
        out: Tensor = self.output(torch.relu(self.inner(colours)))
        return out


def convolution(weight: Tensor, bias: Tensor | None = None) -> nn.Conv2d:
    """Make a convolution of given weights (O, I, H, W) without padding, float32."""
    outputs, inputs, height, width = weight.shape
    made = nn.Conv2d(inputs, outputs, (height, width), bias=bias is not None).requires_grad_(False)
    made.weight.copy_(weight)
    if bias is not None and made.bias is not None:
        made.bias.copy_(bias)
    return made
