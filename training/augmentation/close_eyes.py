"""Shut eyes: photos show few of them, so the skin above an open eye is drawn down over it.

Across an eye both lids are taken for parabolas through its corners. The upper lid comes down by a share q of
the opening, and what lies between it and the brow is stretched after it; ARKit's eyeBlink, which closes the
model's lids in proportion, rises from b to b + (1 - b) q.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

# iBUG points of an eye: corners, upper lid, lower lid below it, brow above it.
EYES = ((36, 39, (37, 38), (41, 40), (18, 19, 20)), (42, 45, (43, 44), (47, 46), (23, 24, 25)))
ONE_EYE = 0.15  # share of winks
OPEN_ENOUGH = 0.35  # eyeBlink up to which an eye is open enough to be drawn shut
FACING = 0.6  # cosine of the turn from which the far eye is too narrow to be drawn on
LEAST_WIDTH = 0.08  # crop sides
TO_BROW = 0.7  # where the stretched skin begins, from the lid to the brow


@dataclass
class Lids:
    """The lids of one eye of n crops, in crop sides from the crop's centre."""

    centre: Tensor  # (n, 2) middle of the corners
    along: Tensor  # (n, 2) unit vector from corner to corner
    down: Tensor  # (n, 2) unit vector across it, towards the chin
    half: Tensor  # (n,) half of the width
    upper: Tensor  # (n,) heights of the lids over the line of the corners at its middle, down positive
    lower: Tensor  # (n,)
    top: Tensor  # (n,) where the stretched skin begins, the same way

    def sources(self, places: Tensor, share: Tensor) -> Tensor:
        """Where what is seen at the places (n, H, W, 2) of the shut eye lies in the open one."""
        flat = places.flatten(1, 2)
        offset = flat - self.centre[:, None]
        s = (offset @ self.along[:, :, None])[..., 0] / self.half[:, None]
        t = (offset @ self.down[:, :, None])[..., 0]
        bulge = (1 - s * s).clamp_min(0)
        upper, lower = self.upper[:, None] * bulge, self.lower[:, None] * bulge
        lid = torch.lerp(upper, lower, share[:, None])  # the upper lid's new place
        top = self.top[:, None]
        stretched = top + (t - top) * (upper - top) / (lid - top).clamp_min(1e-4)
        moved = torch.where((t > top) & (t < lid), stretched, t)
        return (flat + (moved - t)[..., None] * self.down[:, None]).view_as(places)


def lids(points: Tensor, eye: int) -> Lids:
    """The lids of an eye, 0 the person's right and 1 the left, of landmarks (n, 68, 2)."""
    first, last, upper, lower, brow = EYES[eye]
    a, b = points[:, first], points[:, last]
    centre, across = (a + b) / 2, b - a
    width = across.norm(dim=1).clamp_min(1e-4)
    along = across / width[:, None]
    down = torch.stack([-along[:, 1], along[:, 0]], 1)

    def height(of: tuple[int, ...]) -> Tensor:
        """Of a parabola through the corners, fitted to its points."""
        offset = points[:, list(of)] - centre[:, None]
        s = (offset @ along[:, :, None])[..., 0] / (width[:, None] / 2)
        t = (offset @ down[:, :, None])[..., 0]
        bulge = (1 - s * s).clamp_min(0.2)
        fitted: Tensor = (t * bulge).sum(1) / (bulge * bulge).sum(1)
        return fitted

    to_brow = ((points[:, list(brow)].mean(1) - centre) * down).sum(1)
    above, below = height(upper), height(lower)
    return Lids(centre, along, down, width / 2, above, below, torch.lerp(above, to_brow, TO_BROW))


def can_be_shut(points: Tensor, rotation: Tensor, blink: Tensor) -> Tensor:
    """Which faces (n,) show both eyes open; blink (n,) is the larger of both."""
    facing = -rotation[:, 2, 2] > FACING
    width = torch.stack([(points[:, e[0]] - points[:, e[1]]).norm(dim=1) for e in EYES]).amin(0)
    return facing & (width > LEAST_WIDTH) & (blink < OPEN_ENOUGH)


def shut(points: Tensor, eye: int, share: Tensor) -> Tensor:
    """Landmarks (n, 68, 2) with the upper lid of one eye lowered by a share (n,) of its opening."""
    points = points.clone()
    for above, below in zip(*EYES[eye][2:4], strict=True):
        points[:, above] = torch.lerp(points[:, above], points[:, below], share[:, None])
    return points


def draw_shares(n: int, generator: Generator, device: torch.device | str) -> Tensor:
    """How far each eye (n, 2) is shut: mostly both, from 0.75 to wholly, and now and then one alone."""
    draw = torch.rand(n, 3, generator=generator, device=device)
    share = (0.75 + 0.35 * draw[:, :1]).clamp_max(1).repeat(1, 2)
    wink = draw[:, 1] < ONE_EYE
    left = draw[:, 2] < 0.5
    share[:, 0] = share[:, 0].masked_fill(wink & left, 0.0)
    share[:, 1] = share[:, 1].masked_fill(wink & ~left, 0.0)
    return share
