"""What cameras and bystanders do to a crop, in batched torch operations: occluders, colour, exposure,
resolution, blur, noise, JPEG, the picture's border.

Section 4.1 of paper 1 multiplies each channel by 0.6 to 1.2; the rest is what photos and video bring. Each
effect touches a random part of the batch only, so that the batch stays cheap and plain crops stay in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from facesdk.core.color import LUMA
from training.augmentation.occluder_cutouts import Cutouts
from training.augmentation.occluders import occlude, wear_glasses, wear_masks


@dataclass(frozen=True)
class Photometry:
    """Share of the batch that each effect touches."""

    occluder: float = 0.4
    mask: float = 0.06
    glasses: float = 0.06
    colour: float = 0.7
    gamma: float = 0.2
    low_resolution: float = 0.3
    blur: float = 0.15
    noise: float = 0.25
    jpeg: float = 0.25
    smallest_crop_px: int = 28
    exposure: float = 0.0  # from night to washed out, beyond what `colour` does
    negative: float = 0.0  # black for white
    motion: float = 0.0  # smears of up to 30 % of the face
    cut: float = 0.0  # a part of the face lies beyond the picture's border: black

    def apply(
        self, crops: Tensor, points: Tensor, generator: Generator, cutouts: Cutouts | None = None
    ) -> Tensor:
        """Change the crops (N, 3, S, S) with landmarks (N, 68, 2) in place; returns the gain (N, 3) that the
        light's colour went through. With `cutouts`, most masks and some occluders are pictures of such."""
        rows = self._some(crops, self.occluder, generator)
        # A half of them get a second thing before the face, a quarter a third.
        for some in (rows, rows[: len(rows) // 2], rows[: len(rows) // 4]):
            occlude(crops, some, generator, cutouts)
        rows = self._some(crops, self.mask, generator)
        if cutouts is not None:
            real = len(rows) * 3 // 4
            rows = torch.cat([cutouts.wear_masks(crops, points, rows[:real], generator), rows[real:]])
        wear_masks(crops, points, rows, generator)
        wear_glasses(crops, points, self._some(crops, self.glasses, generator), generator)
        gain = self._colour(crops, generator)
        rows = self._some(crops, self.gamma, generator)
        power = torch.exp((_uniform(len(rows), generator, crops) - 0.5) * 1.2)
        crops[rows] = crops[rows].clamp(1e-3, 1).pow(power[:, None, None, None])
        rows = self._some(crops, self.exposure, generator)
        expose(crops, rows, generator)
        rows = self._some(crops, self.negative, generator)
        crops[rows] = 1 - crops[rows].clamp(0, 1)
        for rows in self._some(crops, self.motion, generator).chunk(2):
            crops[rows] = smear(crops[rows], generator)
        for rows in self._some(crops, self.low_resolution, generator).chunk(2):
            crops[rows] = self._shrink(crops[rows], generator)
        rows = self._some(crops, self.blur, generator)
        crops[rows] = blur(crops[rows], generator)
        rows = self._some(crops, self.noise, generator)
        sigma = _uniform(len(rows), generator, crops) * 0.06
        noise = torch.randn(crops[rows].shape, generator=generator, device=crops.device)
        crops[rows] += noise * sigma[:, None, None, None]
        for rows in self._some(crops, self.jpeg, generator).chunk(2):
            quality = float(_uniform(1, generator, crops))
            crops[rows] = jpeg_like(crops[rows], 0.01 + 0.07 * quality**2)
        crops.clamp_(0, 1)
        # Last: what lies beyond the border is exactly black at run time.
        cut_by_border(crops, points, self._some(crops, self.cut, generator), generator)
        return gain

    @staticmethod
    def _some(crops: Tensor, share: float, generator: Generator) -> Tensor:
        n = len(crops)
        return torch.randperm(n, generator=generator, device=crops.device)[: round(share * n)]

    def _colour(self, crops: Tensor, generator: Generator) -> Tensor:
        """Channel gains, brightness, saturation (down to gray) and offset as one 3 x 4 matrix per crop."""
        n = len(crops)
        draw = torch.rand(n, 8, generator=generator, device=crops.device)
        gain = (0.6 + 0.6 * draw[:, :3]) * (0.75 + 0.6 * draw[:, 3:4])
        gain = torch.lerp(gain.mean(1, keepdim=True).expand(n, 3), gain, draw[:, 4:5])
        colour = torch.where(draw[:, 5] < 0.12, torch.zeros_like(draw[:, 5]), 0.5 + draw[:, 5])[:, None, None]
        luma = torch.from_numpy(LUMA).to(crops.device).expand(3, 3)
        matrix = torch.lerp(luma, torch.eye(3, device=crops.device), colour) * gain[:, :, None]
        offset = (draw[:, 6:7] - 0.5) * 0.2
        off = (draw[:, 7] >= self.colour)[:, None]
        matrix = torch.where(off[..., None], torch.eye(3, device=crops.device), matrix)
        offset = offset.masked_fill(off, 0.0)[..., None].expand(n, 3, 1)
        mixed = torch.baddbmm(offset, matrix, crops.flatten(2))
        crops.copy_(mixed.view_as(crops).clamp_(0, 1))
        return matrix.sum(2)

    def _shrink(self, crops: Tensor, generator: Generator) -> Tensor:
        """Down to a random side, then up again: the far faces of a wide picture."""
        side = crops.shape[2]
        draw = float(_uniform(1, generator, crops))
        small = round(self.smallest_crop_px * (0.9 * side / self.smallest_crop_px) ** draw)
        small = min(small, side)
        return F.interpolate(F.adaptive_avg_pool2d(crops, small), size=side, mode="bilinear")


def _uniform(n: int, generator: Generator, like: Tensor) -> Tensor:
    return torch.rand(n, generator=generator, device=like.device)


def blur(crops: Tensor, generator: Generator) -> Tensor:
    """A short Gaussian, stretched in one direction: defocus or motion; one kernel for the rows given."""
    if not len(crops):
        return crops
    angle, long, short = (float(v) for v in _uniform(3, generator, crops))
    t = torch.arange(-3.0, 4.0, device=crops.device)
    y, x = torch.meshgrid(t, t, indexing="ij")
    c, s = math.cos(math.pi * angle), math.sin(math.pi * angle)
    a, b = 0.4 + 1.8 * long, 0.4 + 0.6 * short
    kernel = torch.exp(-0.5 * (((c * x + s * y) / a) ** 2 + ((c * y - s * x) / b) ** 2))
    kernel = (kernel / kernel.sum()).expand(3, 1, 7, 7)
    return F.conv2d(F.pad(crops, (3, 3, 3, 3), mode="replicate"), kernel, groups=3)


def expose(crops: Tensor, rows: Tensor, generator: Generator) -> None:
    """Too little or too much light on the given rows, in place, as eight bits would store it."""
    draw = _uniform(len(rows), generator, crops)
    gain = torch.exp(math.log(0.05) + draw * (math.log(4.0) - math.log(0.05)))
    seen = (crops[rows] * gain[:, None, None, None]).clamp_(0, 1)
    crops[rows] = torch.round(seen * 255) / 255


def smear(crops: Tensor, generator: Generator) -> Tensor:
    """Straight motion while the shutter is open: one direction and length for the rows given."""
    if not len(crops):
        return crops
    side = crops.shape[2]
    angle, length = (float(v) for v in _uniform(2, generator, crops))
    half = (0.03 + 0.17 * length) * side / 2
    radius = math.ceil(half)
    t = torch.arange(-radius, radius + 1, device=crops.device, dtype=crops.dtype)
    y, x = torch.meshgrid(t, t, indexing="ij")
    c, s = math.cos(math.pi * angle), math.sin(math.pi * angle)
    along, across = (c * x + s * y).abs(), (c * y - s * x).abs()
    kernel = (half + 0.5 - along).clamp(0, 1) * (1 - across).clamp(0, 1)
    kernel = (kernel / kernel.sum()).expand(3, 1, *kernel.shape)
    return F.conv2d(F.pad(crops, (radius,) * 4, mode="replicate"), kernel, groups=3)


def cut_by_border(crops: Tensor, points: Tensor, rows: Tensor, generator: Generator) -> None:
    """Black beyond a straight border through the faces of the given rows, in place; points (N, 68, 2)."""
    side, n = crops.shape[2], len(rows)
    draw = torch.rand(n, 3, generator=generator, device=crops.device)
    # Left or right two times of three; a head that leans turns its border in the crop.
    quarter = torch.floor(draw[:, 0] * 6).long()
    angle = torch.tensor([0.0, 0.0, 2.0, 2.0, 1.0, 3.0], device=crops.device)[quarter] * (math.pi / 2)
    angle = angle + (draw[:, 1] - 0.5) * 0.6
    outward = torch.stack([torch.cos(angle), torch.sin(angle)], 1)
    along = (points[rows] * outward[:, None]).sum(2)
    low, high = along.amin(1), along.amax(1)
    border = high - (0.02 + 0.5 * draw[:, 2]) * (high - low)
    t = (torch.arange(side, device=crops.device) + 0.5) / side - 0.5
    place = outward[:, :1, None] * t + outward[:, 1:, None] * t[:, None]  # (n, side, side)
    crops[rows] = crops[rows] * (place < border[:, None, None])[:, None]


def jpeg_like(crops: Tensor, step: float) -> Tensor:
    """JPEG's own loss: cosine transform of 8 x 8 blocks, coarser steps for higher frequencies; side a
    multiple of 8."""
    n, _, height, width = crops.shape
    k = torch.arange(8.0, device=crops.device)
    basis = torch.cos(math.pi * (2 * k + 1) * k[:, None] / 16) * 0.5
    basis[0] *= math.sqrt(0.5)
    steps = step * (1 + 0.6 * (k + k[:, None]))
    blocks = crops.reshape(n, 3, height // 8, 8, width // 8, 8).transpose(3, 4)
    coded = basis @ blocks @ basis.T
    coded = torch.round(coded / steps) * steps
    return (basis.T @ coded @ basis).transpose(3, 4).reshape(crops.shape)
