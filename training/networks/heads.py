"""Decoder to landmark maps, and the two heads that turn features into x."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.networks.blocks import ConvNorm

START = -3.5  # log of a landmark's error before training, in crop sides: about 3 % of the crop


def soft_argmax(maps: Tensor) -> Tensor:
    """Expected position of each map (N, P, H, W) -> (N, P, 2), in units of the side from the centre.

    A softmax over the cells and one product with a constant grid of cell centres: two plain ONNX nodes. The
    grid is a tenth wider than the crop, so that points near its border stay within reach.
    """
    height, width = int(maps.shape[2]), int(maps.shape[3])
    y = ((torch.arange(height, device=maps.device) + 0.5) / height - 0.5) * 1.1
    x = ((torch.arange(width, device=maps.device) + 0.5) / width - 0.5) * 1.1
    grid = torch.stack([x.repeat(height), y.repeat_interleave(width)], 1)  # (H*W, 2)
    weights = torch.softmax(maps.float().flatten(2), 2)
    return weights @ grid


class Decoder(nn.Module):
    """Section 3.3: deep features upsampled, joined with the encoder's by channel concatenation; then maps."""

    def __init__(self, channels: int, skips: list[int], width: int, points: int) -> None:
        super().__init__()
        self.enter = ConvNorm(channels, width)
        self.merge = nn.ModuleList(ConvNorm(width + skip, width) for skip in skips)
        self.smooth = ConvNorm(width, width, 3, groups=width)
        self.maps = nn.Conv2d(width, points, 1)

    def forward(self, deep: Tensor, skips: list[Tensor]) -> Tensor:
        x = self.enter(deep)
        for skip, merge in zip(skips, self.merge, strict=True):
            size = (int(skip.shape[2]), int(skip.shape[3]))
            x = merge(torch.cat([F.interpolate(x, size=size, mode="nearest"), skip], 1))
        return soft_argmax(self.maps(self.smooth(x)))


class PoolHead(nn.Module):
    """Table 1's end: 1x1 convolution, global pool, 1x1 convolution to the outputs."""

    def __init__(self, channels: int, code: int, outputs: int) -> None:
        super().__init__()
        self.code = ConvNorm(channels, code)
        self.output = nn.Conv2d(code, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.output(self.code(x).mean((2, 3), keepdim=True)).flatten(1)
        return out


class PointHead(nn.Module):
    """Regression from the landmarks, a pooled code and a narrow code that keeps position.

    No batch norm stands between the features and the regression: one whose input variance collapses on
    training crops makes plain crops fail.
    """

    cells = 3
    narrow = 64
    causes = 16

    def __init__(self, channels: int, code: int, points: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.code = nn.Conv2d(channels, code, 1)
        self.place = nn.Conv2d(channels, self.narrow, 1)
        self.hidden = nn.Linear(2 * points + code + self.narrow * self.cells**2, hidden)
        self.output = nn.Linear(hidden, outputs)
        # What makes one point unsure (dark, blurred, turned away) makes others so too: a few numbers say it.
        self.doubt = nn.Linear(hidden, self.causes)
        self.spread = nn.Linear(self.causes, points)
        self.presence = nn.Linear(hidden, 1)
        nn.init.normal_(self.spread.weight, std=1e-2)
        nn.init.constant_(self.spread.bias, START)

    def forward(self, x: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Deep features and landmarks -> x, normalised; log of each landmark's expected error; whether there
        is a face at all, as a logit (N, 1)."""
        code = torch.relu(self.code(x)).mean((2, 3))
        place = torch.relu(self.place(x))
        if place.shape[2] != self.cells:  # smaller inputs of the first training steps
            place = F.interpolate(place, size=(self.cells, self.cells), mode="bilinear", align_corners=False)
        joined = torch.cat([4 * points.flatten(1), code, place.flatten(1)], 1)  # 4: points to unit variance
        hidden = torch.relu(self.hidden(joined))
        return self.output(hidden), self.spread(torch.relu(self.doubt(hidden))), self.presence(hidden)


class ColourHead(nn.Module):
    """Albedo and light from a thumbnail of the crop, added to what the other head says of them.

    The trunk is trained above all to see shape whatever the light, and loses brightness and tint on the way;
    36 mean colours keep them.
    """

    cells = 6
    hidden = 64

    def __init__(self, albedo: int, light: int) -> None:
        super().__init__()
        self.inner = nn.Linear(3 * self.cells**2, self.hidden)
        self.output = nn.Linear(self.hidden, albedo + light)
        self.albedo = albedo
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, crop: Tensor) -> tuple[Tensor, Tensor]:
        """Crop (N, 3, S, S) -> albedo's and light's part, in normalised label units."""
        colours = F.adaptive_avg_pool2d(crop, self.cells).flatten(1)
        both = self.output(torch.relu(self.inner(4 * (colours - 0.4))))
        return both[:, : self.albedo], both[:, self.albedo :]
