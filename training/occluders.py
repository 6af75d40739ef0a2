"""Synthetic things in front of faces: ragged ellipses and boxes, filled with other crops' texture or plain
colour."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F


def occlude(crops: Tensor, rows: Tensor, generator: Generator) -> None:
    """Cover a part of the crops at `rows` in place; the labels stay, so hidden points are learned from
    context."""
    n, side, device = len(rows), crops.shape[2], crops.device
    if n == 0:
        return
    cover = shapes(n, side, generator, device)
    colour = torch.rand(n, 3, 1, 1, generator=generator, device=device)
    # Texture of a neighbour in the batch, upside down and shifted, so that it never shows a face in place.
    other = crops[rows.roll(1)].flip(2).roll(side // 3, 3)
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
