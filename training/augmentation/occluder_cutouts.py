"""Pictures of things put in front of training faces: medical masks by their anchors, hands, textures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

CUTOUTS = "cutouts.npz"  # beside the shards, made by `pack-cutouts`
# iBUG points of a mask's anchors: top left, middle, right, bottom left, middle, right.
ANCHORS = (1, 28, 15, 5, 8, 11)
TURNED = 0.34  # the nose's tip nearer than this to one side of the jaw: the mask of that side
TOO_TURNED = 0.04  # a spline through the anchors folds over where they nearly coincide
KNOTS = 16  # the spline is looked up on this grid and enlarged


@dataclass
class Cutouts:
    """What `pack-cutouts` wrote, on the training device, 0..1, colour times alpha."""

    masks: Tensor  # (m, 4, 128, 128) RGBA
    anchors: Tensor  # (m, 6, 2)
    side: Tensor  # (m,)
    hands: Tensor  # (h, 4, 96, 96) RGBA
    textures: Tensor  # (t, 3, 64, 64)

    @classmethod
    def load(cls, path: Path, device: torch.device | str = "cpu") -> Cutouts:
        """Read the file."""
        with np.load(path, allow_pickle=False) as file:
            read = {name: torch.from_numpy(file[name]) for name in file.files}
        pictures = {
            name: read[name].permute(0, 3, 1, 2).float().div_(255).to(device)
            for name in ("masks", "hands", "textures")
        }
        for name in ("masks", "hands"):
            pictures[name][:, :3] *= pictures[name][:, 3:]  # so that the resampling keeps edges clean
        return cls(anchors=read["anchors"].to(device), side=read["side"].to(device), **pictures)

    def wear_masks(self, crops: Tensor, points: Tensor, rows: Tensor, generator: Generator) -> Tensor:
        """Put masks on the crops at `rows`, in place, by a thin-plate spline through six points.

        points (N, 68, 2) in crop sides. Anchors stray by up to 1.5 % of the crop, as masks do not sit on
        landmarks. Returns the rows left out: heads so far turned that the spline would fold over.
        """
        layer, fits = self.mask_layers(points[rows], crops.shape[2], generator)
        worn, rest = rows[fits], rows[~fits]
        if len(worn):
            crops[worn] = crops[worn] * (1 - layer[:, 3:]) + layer[:, :3]
        return rest

    def mask_layers(self, points: Tensor, side: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Masks over faces with landmarks `points` (n, 68, 2) in crop sides.

        Returns:
            Layers (k, 4, side, side), colour times alpha and alpha, of the faces that can wear one, and which
            these are, (n,) bool with k true.
        """
        left, right = points[:, 1, 0], points[:, 15, 0]
        place = (points[:, 30, 0] - left) / (right - left).clamp_min(1e-3)
        fits = (right - left > 0.1) & (place > TOO_TURNED) & (place < 1 - TOO_TURNED)
        n, device = int(fits.sum()), points.device
        if n == 0:
            return points.new_zeros(0, 4, side, side), fits
        place = place[fits]
        wanted = torch.where(place < TURNED, -1, torch.where(place > 1 - TURNED, 1, 0))
        score = torch.rand(n, len(self.masks), generator=generator, device=device)
        kind = (score + (self.side[None] == wanted[:, None])).argmax(1)
        stray = 0.015 * torch.rand(n, 1, 1, generator=generator, device=device).square()
        target = points[fits][:, list(ANCHORS)]
        target = target + stray * torch.randn(target.shape, generator=generator, device=device)
        grid = spline_grid(target, self.anchors[kind], side)
        layer = F.grid_sample(self.masks[kind], grid, padding_mode="zeros", align_corners=False)
        # Half of them keep the template's colours; cloth comes in any.
        gain = 0.3 + torch.rand(n, 4, 1, 1, generator=generator, device=device)
        gain = torch.where(gain[:, 3:] < 0.8, gain[:, :3], torch.ones_like(gain[:, :3]))
        return torch.cat([(layer[:, :3] * gain).clamp(0, 1), layer[:, 3:]], 1), fits

    def hold_hands(self, crops: Tensor, rows: Tensor, generator: Generator) -> None:
        """Lay a hand somewhere over the crops at `rows`, in place."""
        n, device = len(rows), crops.device
        if n == 0:
            return
        layer = self.hand_layers(n, crops.shape[2], generator)
        shade = 0.4 + 0.8 * torch.rand(n, 3, 1, 1, generator=generator, device=device).mean(1, keepdim=True)
        crops[rows] = crops[rows] * (1 - layer[:, 3:]) + (layer[:, :3] * shade).clamp(0, 1)

    def hand_layers(self, n: int, side: int, generator: Generator) -> Tensor:
        """Hands (n, 4, side, side) somewhere in the crop: colour times alpha, and alpha."""
        draw = torch.rand(n, 5, generator=generator, device=self.hands.device)
        angle = 2 * math.pi * draw[:, 0]
        size = 0.35 + 0.5 * draw[:, 1]
        centre = (draw[:, 2:4] - 0.5) * 1.6
        c, s = torch.cos(angle) / size, torch.sin(angle) / size
        turn = torch.stack([c, s, -s, c], 1).view(n, 2, 2)
        theta = torch.cat([turn, -turn @ centre[:, :, None]], 2)
        grid = F.affine_grid(theta, [n, 4, side, side], align_corners=False)
        which = (draw[:, 4] * len(self.hands)).long().clamp_max(len(self.hands) - 1)
        return F.grid_sample(self.hands[which], grid, padding_mode="zeros", align_corners=False)

    def texture(self, n: int, side: int, generator: Generator) -> Tensor:
        """Textures (n, 3, side, side), enlarged by a random part of one."""
        draw = torch.rand(n, 2, generator=generator, device=self.textures.device)
        which = (draw[:, 0] * len(self.textures)).long().clamp_max(len(self.textures) - 1)
        scale = 0.4 + 0.6 * draw[:, 1]
        theta = torch.zeros(n, 2, 3, device=self.textures.device)
        theta[:, 0, 0] = theta[:, 1, 1] = scale
        grid = F.affine_grid(theta, [n, 3, side, side], align_corners=False)
        return F.grid_sample(self.textures[which], grid, padding_mode="reflection", align_corners=False)


def spline_grid(target: Tensor, source: Tensor, side: int) -> Tensor:
    """Sampling grid (n, side, side, 2) of the thin-plate spline that takes target (n, k, 2), crop sides from
    the crop's centre, to source (n, k, 2), in -1..1 of the sampled picture.

    Bookstein, Principal warps, 1989: U(r) = r^2 log r^2 with an affine part.
    """
    n, k = target.shape[:2]
    ones = target.new_ones(n, k, 1)
    affine = torch.cat([ones, target], 2)
    system = target.new_zeros(n, k + 3, k + 3)
    system[:, :k, :k] = _radial(target, target) + 1e-4 * torch.eye(k, device=target.device)
    system[:, :k, k:] = affine
    system[:, k:, :k] = affine.transpose(1, 2)
    weights = torch.linalg.solve(system, torch.cat([source, source.new_zeros(n, 3, 2)], 1))
    t = (torch.arange(KNOTS, device=target.device) / (KNOTS - 1) - 0.5) * (side - 1) / side
    knots = torch.stack([t.expand(KNOTS, KNOTS), t[:, None].expand(KNOTS, KNOTS)], 2).view(1, -1, 2)
    knots = knots.expand(n, -1, -1)
    basis = torch.cat([_radial(knots, target), torch.ones_like(knots[..., :1]), knots], 2)
    coarse = (basis @ weights).view(n, KNOTS, KNOTS, 2).permute(0, 3, 1, 2)
    return F.interpolate(coarse, size=side, mode="bilinear", align_corners=True).permute(0, 2, 3, 1)


def _radial(a: Tensor, b: Tensor) -> Tensor:
    squared = (a[:, :, None] - b[:, None]).square().sum(3)
    return squared * torch.log(squared.clamp_min(1e-12))
