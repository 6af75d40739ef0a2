"""Synthetic things in front of faces: ragged ellipses and boxes, filled with other crops' texture or plain
colour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from training.augmentation.occluder_cutouts import Cutouts


def occlude(crops: Tensor, rows: Tensor, generator: Generator, cutouts: Cutouts | None = None) -> None:
    """Cover a part of the crops at `rows` in place; the labels stay, so hidden points are learned from
    context. With `cutouts` a fifth are hands, and a third of the rest is filled with textures."""
    if cutouts is not None:
        hands = (len(rows) + 4) // 5
        cutouts.hold_hands(crops, rows[:hands], generator)
        rows = rows[hands:]
    n, side, device = len(rows), crops.shape[2], crops.device
    if n == 0:
        return
    cover = shapes(n, side, generator, device)
    colour = torch.rand(n, 3, 1, 1, generator=generator, device=device)
    # Texture of a neighbour in the batch, upside down and shifted, so that it never shows a face in place.
    other = crops[rows.roll(1)].flip(2).roll(side // 3, 3)
    if cutouts is not None and n >= 3:
        other[: n // 3] = cutouts.texture(n // 3, side, generator)
    mix = torch.rand(n, 1, 1, 1, generator=generator, device=device)
    flat = (torch.rand(n, 1, 1, 1, generator=generator, device=device) < 0.35).float()
    texture = torch.lerp(other * (0.5 + colour), colour.expand_as(other), torch.maximum(flat, 0.5 * mix))
    crops[rows] = torch.lerp(crops[rows], texture, cover)


def shapes(n: int, side: int, generator: Generator, device: torch.device) -> Tensor:
    """Cover masks (n, 1, side, side), 1 where covered, with a soft edge of about a pixel."""
    draw = torch.rand(n, 7, generator=generator, device=device)
    t = (torch.arange(side, device=device) + 0.5) / side - 0.5
    y, x = t[None, :, None], t[None, None, :]
    angle = math.pi * draw[:, 0, None, None]
    cx, cy = (draw[:, 1:2, None] - 0.5) * 0.9, (draw[:, 2:3, None] - 0.5) * 0.9
    c, s = torch.cos(angle), torch.sin(angle)
    u = (c * (x - cx) + s * (y - cy)) / (0.06 + 0.24 * draw[:, 3:4, None])
    v = (c * (y - cy) - s * (x - cx)) / (0.08 + 0.36 * draw[:, 4:5, None])
    box = draw[:, 5:6, None] < 0.4
    distance = torch.where(box, torch.maximum(u.abs(), v.abs()), (u * u + v * v).sqrt())
    noise = torch.randn(n, 1, 7, 7, generator=generator, device=device)
    ragged = F.interpolate(noise, size=side, mode="bilinear")[:, 0] * (0.35 * draw[:, 6:7, None])
    return ((1 + ragged - distance) * (0.2 * side)).clamp_(0, 1)[:, None]


def wear_masks(crops: Tensor, points: Tensor, rows: Tensor, generator: Generator) -> None:
    """Put a cloth over nose, mouth and chin of the crops at `rows`, in place; points (N, 68, 2) in crop
    sides."""
    if len(rows):
        cloth, cover = cloth_layers(crops[rows], points[rows], generator)
        crops[rows] = torch.lerp(crops[rows], cloth, cover)


def cloth_layers(crops: Tensor, points: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Cloth over nose, mouth and chin of crops (n, 3, S, S) with points (n, 68, 2) in crop sides.

    The cloth is what lies within the jaw's points and below a line across the nose: an intersection of
    half-planes, which loses its far side where a head is turned, as a real mask does.

    Returns:
        Its colour (n, 3, S, S) and its alpha (n, 1, S, S).
    """
    n, side = len(crops), crops.shape[2]
    draw = torch.rand(n, 6, generator=generator, device=crops.device)
    jaw = points[:, 2:15]
    middle = jaw.mean(1, keepdim=True)
    jaw = middle + (jaw - middle) * (1.0 + 0.12 * draw[:, 0, None, None])
    top = torch.lerp(points[:, 28], points[:, 30], draw[:, 1:2] * 0.9)
    corners = torch.cat([jaw, top[:, None]], 1)  # from one ear along the chin to the other, then the nose
    edge = corners.roll(-1, 1) - corners
    normal = torch.stack([edge[..., 1], -edge[..., 0]], 2)
    normal = normal / normal.norm(dim=2, keepdim=True).clamp_min(1e-6)
    inward = (normal * (middle - corners)).sum(2, keepdim=True)
    normal = torch.where(inward < 0, -normal, normal)
    t = (torch.arange(side, device=crops.device) + 0.5) / side - 0.5
    offset = (normal * corners).sum(2)  # (n, 14)
    across = normal[..., 0, None, None] * t + normal[..., 1, None, None] * t[:, None]
    inside = (across - offset[..., None, None]).amin(1)  # (n, S, S), crop sides from the nearest edge
    cover = (inside * side + 0.5).clamp_(0, 1)[:, None]
    colour = torch.rand(n, 3, 1, 1, generator=generator, device=crops.device)
    pale = (draw[:, 2] < 0.6)[:, None, None, None]  # most masks are white, blue or black
    gray = draw[:, 3, None, None, None].sqrt()
    colour = torch.where(pale, gray * (0.8 + 0.2 * colour), colour)
    folds = (
        1
        + 0.12 * torch.sin(t[:, None] * 90 + 6 * draw[:, 4, None, None, None]) * draw[:, 5, None, None, None]
    )
    shade = crops.mean(1, keepdim=True) * 0.5 + 0.6  # the cloth keeps some of the light on the face
    return (colour * folds * shade).clamp(0, 1), cover


def wear_glasses(crops: Tensor, points: Tensor, rows: Tensor, generator: Generator) -> None:
    """Put dark or clear glasses on the crops at `rows`, in place; points (N, 68, 2) in crop sides."""
    if len(rows) == 0:
        return
    glasses = glasses_layers(points[rows], crops.shape[2], generator)
    worn = torch.lerp(crops[rows], glasses.tint, glasses.lens * glasses.dark)
    crops[rows] = torch.lerp(worn, glasses.frame, glasses.rim)


@dataclass
class Glasses:
    """Layers of glasses: lenses of alpha `lens` * `dark`, then rims before them."""

    tint: Tensor  # (n, 3, S, S)
    lens: Tensor  # (n, 1, S, S)
    dark: Tensor  # (n, 1, 1, 1) 0.75 to 1 for sunglasses, up to 0.15 for clear ones
    frame: Tensor  # (n, 3, 1, 1)
    rim: Tensor  # (n, 1, S, S)


def glasses_layers(points: Tensor, side: int, generator: Generator) -> Glasses:
    """Dark or clear glasses for faces with landmarks points (n, 68, 2) in crop sides."""
    n, device = len(points), points.device
    draw = torch.rand(n, 6, generator=generator, device=device)
    left, right = points[:, 36:42].mean(1), points[:, 42:48].mean(1)
    along = right - left
    down = points[:, 30] - points[:, 27]
    t = (torch.arange(side, device=device) + 0.5) / side - 0.5
    grid = torch.stack([t.expand(side, side), t[:, None].expand(side, side)], 2)  # (S, S, 2)
    # In the oblique frame of eyes and nose a turned head's glasses turn with it.
    frame = torch.stack([along, down], 2)
    determinant = torch.linalg.det(frame).abs()
    frame = frame + torch.eye(2, device=device) * (determinant < 1e-3)[:, None, None] * 0.2
    inverse = torch.linalg.inv(frame)
    nearest = torch.full((n, side, side), 9.0, device=device)
    for centre in (left, right):
        local = torch.einsum("nij,nhwj->nhwi", inverse, grid - centre[:, None, None])
        u = local[..., 0] / (0.34 + 0.14 * draw[:, 0, None, None])
        v = (local[..., 1] - 0.1) / (0.35 + 0.35 * draw[:, 1, None, None])
        power = 2 + 4 * draw[:, 2, None, None]  # from round to nearly square
        nearest = torch.minimum(nearest, (u.abs() ** power + v.abs() ** power) ** (1 / power))
    lens = ((1 - nearest) * (0.15 * side)).clamp_(0, 1)[:, None]
    rim = (1 - (nearest - 1).abs() * (0.12 * side)).clamp_(0, 1)[:, None]
    dark = torch.where(draw[:, 3] < 0.7, 0.75 + 0.25 * draw[:, 4], 0.15 * draw[:, 4])[:, None, None, None]
    tint = 0.25 * torch.rand(n, 3, 1, 1, generator=generator, device=device)
    strength = draw[:, 5, None, None, None]
    return Glasses(tint.expand(n, 3, side, side), lens, dark, tint * strength, rim * (strength < 0.8))
