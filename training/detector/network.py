"""The detector's network: a depthwise trunk, a top-down neck, one head shared by three strides.

0.12 M parameters; 0.09 GMAC at 320 x 320. The first convolution steps by 4 and a unit has one batch norm:
on one training core, norms and large maps cost more time than the convolutions. Sharing the head ties the
scales together, which an hour of training needs more than freedom per scale.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STRIDES = (8, 16, 32)
PRIOR = 4.0  # side of a cell's box before training, in strides: a face of 32 px at stride 8
CHANNELS = 15  # score, box (4), five points (10)


class Unit(nn.Module):
    """Depthwise 3x3, then 1x1, batch norm and ReLU; a shortcut where the shape stays."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.depth = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        self.point = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.same = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.point(self.depth(x)))
        return F.relu(x + y if self.same else y, inplace=True)


def _stage(inputs: int, outputs: int, count: int) -> nn.Sequential:
    return nn.Sequential(Unit(inputs, outputs, 2), *(Unit(outputs, outputs) for _ in range(count - 1)))


class DetectorNet(nn.Module):
    """Picture (N, 3, H, W) RGB in 0..1, sides multiples of 32 -> (N, cells, 15), stride after stride.

    Raw values; `decode` turns them into boxes and points. The 15: score logit, centre offset and log size
    of the box, five point offsets, all in strides.
    """

    def __init__(
        self, widths: tuple[int, ...] = (32, 64, 96, 96), counts: tuple[int, ...] = (3, 3, 3), neck: int = 64
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 6, 4, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)
        )
        self.stages = nn.ModuleList(_stage(widths[i], widths[i + 1], counts[i]) for i in range(3))
        self.lateral = nn.ModuleList(nn.Conv2d(w, neck, 1, bias=False) for w in widths[1:])
        self.lateral_norm = nn.ModuleList(nn.BatchNorm2d(neck) for _ in STRIDES)
        self.mix = nn.ModuleList(Unit(neck, neck) for _ in STRIDES)
        self.head = nn.Sequential(Unit(neck, neck), Unit(neck, neck))
        self.out = nn.Conv2d(neck, CHANNELS, 1)
        nn.init.normal_(self.out.weight, std=0.01)
        bias = torch.zeros(CHANNELS)
        bias[0] = -4.6  # one cell in a hundred is a face at the start (focal loss)
        self.out.bias = nn.Parameter(bias)

    def forward(self, picture: Tensor) -> Tensor:
        x = self.stem(picture)
        levels = []
        for stage, lateral, norm in zip(self.stages, self.lateral, self.lateral_norm, strict=True):
            x = stage(x)
            levels.append(norm(lateral(x)))
        top = self.mix[2](F.relu(levels[2]))
        outs = [top]
        for k in (1, 0):
            top = F.interpolate(top, scale_factor=2.0, mode="nearest")
            top = self.mix[k](F.relu(levels[k] + top))
            outs.insert(0, top)
        flat = [self.out(self.head(level)).flatten(2) for level in outs]
        return torch.cat(flat, 2).transpose(1, 2)


def cells(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Cell centres (A, 2) in px (pixel centres at integers) and strides (A,), in the order of the output."""
    centres, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
        at = torch.stack([x, y], -1).reshape(-1, 2).float() * stride + (stride - 1) / 2
        centres.append(at)
        strides.append(torch.full((len(at),), float(stride)))
    return torch.cat(centres), torch.cat(strides)


def decode(raw: Tensor, centres: Tensor, strides: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Raw (..., A, 15) -> score logits (..., A), boxes x0 y0 x1 y1 (..., A, 4), points (..., A, 5, 2), px."""
    s = strides[:, None]
    middle = centres + raw[..., 1:3] * s
    half = 0.5 * PRIOR * s * torch.exp(raw[..., 3:5].clamp(-4, 4))
    points = centres[:, None] + raw[..., 5:].reshape(*raw.shape[:-1], 5, 2) * s[..., None]
    return raw[..., 0], torch.cat([middle - half, middle + half], -1), points
