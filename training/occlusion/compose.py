"""Covers training crops with synthetic occluders and says exactly which pixels are covered."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from training.occlusion.layers import Layer, Occluders

COVERED = 0.5  # alpha from which a pixel counts as covered
USUAL_SKIN = 0.45  # mean brightness of the training crops' faces


@dataclass(frozen=True)
class Mixture:
    """Share of the crops left bare, weights of the kinds among the rest, and how many of these get a second
    occluder."""

    bare: float = 0.25
    second: float = 0.35
    hand: float = 2.0
    mask: float = 1.5
    glasses: float = 1.2
    hair: float = 1.5
    object: float = 1.5
    polygon: float = 1.0
    bar: float = 0.8
    text: float = 0.5

    def kinds(self) -> dict[str, float]:
        """Weights of the kinds by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("bare", "second")}


def skin_colour(crops: Tensor, region: Tensor) -> Tensor:
    """Mean colour (N, 3) of crops (N, 3, S, S) over the face's region (N, 1, S, S) bool."""
    weight = region.float()
    colour: Tensor = (crops * weight).sum((2, 3)) / weight.sum((2, 3)).clamp_min(1.0)
    return colour


def match_exposure(layer: Layer, crops: Tensor, region: Tensor, generator: Generator) -> Layer:
    """Bring the layer's brightness towards the photo's, and soften it as far as the photo may be soft.

    Without, the network learns the seam between two exposures instead of occluders. Half of the layers become
    about as bright as the skin, the others are lit as it is: a white mask stays white, where the skin is that
    of a usual photo.
    """
    n = len(crops)
    draw = torch.rand(n, 3, generator=generator, device=crops.device)
    own = layer.colour.mean(1, keepdim=True).sum((2, 3)) / layer.alpha.sum((2, 3)).clamp_min(1.0)
    photo = skin_colour(crops, region).mean(1, keepdim=True)
    alike = (photo / own.clamp_min(0.02)).clamp(0.3, 3.0) ** (0.8 * draw[:, :1])
    lit = (photo / USUAL_SKIN).clamp(0.3, 2.0) ** draw[:, :1]
    gain = torch.where(draw[:, 2:] < 0.5, alike, lit)
    colour = torch.minimum(layer.colour * gain[..., None, None], layer.alpha)
    side, small = crops.shape[2], int(crops.shape[2] * (0.5 + 0.5 * float(draw[0, 1])))
    parts = [colour, layer.alpha, layer.cover]
    if small < side:
        parts = [F.interpolate(F.adaptive_avg_pool2d(p, small), size=side, mode="bilinear") for p in parts]
    return Layer(*parts)


def cover(
    crops: Tensor,
    points: Tensor,
    region: Tensor,
    occluders: Occluders,
    mixture: Mixture,
    generator: Generator,
) -> Tensor:
    """Put occluders before the crops, in place.

    Args:
        crops: (N, 3, S, S) in 0..1.
        points: landmarks (N, 68, 2) in crop sides.
        region: the face's pixels (N, 1, S, S) bool.

    Returns:
        Covered pixels (N, 1, S, S) bool, inside and outside the face.
    """
    n = len(crops)
    kinds = mixture.kinds()
    weights = torch.tensor(list(kinds.values()), device=crops.device)
    skin = skin_colour(crops, region)
    covered = torch.zeros_like(region)
    busy = torch.rand(n, generator=generator, device=crops.device) >= mixture.bare
    again = busy & (torch.rand(n, generator=generator, device=crops.device) < mixture.second)
    for some in (busy, again):
        kind = torch.multinomial(weights, n, replacement=True, generator=generator)
        for index, name in enumerate(kinds):
            rows = (some & (kind == index)).nonzero()[:, 0]
            if not len(rows):
                continue
            layer = occluders.draw(name, crops[rows], points[rows], skin[rows], generator)
            layer = match_exposure(layer, crops[rows], region[rows], generator)
            crops[rows] = crops[rows] * (1 - layer.alpha) + layer.colour
            covered[rows] |= layer.cover > COVERED
    return covered
