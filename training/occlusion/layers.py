"""Synthetic occluders as RGBA layers for training crops, with what of them counts as cover.

What lies in front of the face counts: masks, dark glasses, hands, objects, bars, text, hair that falls over
it. Clear glasses do not: they are drawn so that the network learns to leave them out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from training.augmentation.occluder_cutouts import Cutouts
from training.augmentation.occluders import cloth_layers, glasses_layers, shapes
from training.datasets.crop_frame import CROP_IN_PACK, PACK_SIZE
from training.occlusion.assets import OcclusionAssets

KINDS = ("hand", "mask", "glasses", "hair", "object", "polygon", "bar", "text")
DARK = 0.5  # alpha of a lens from which it hides the eye


@dataclass
class Layer:
    """Occluders for n crops: colour times alpha, alpha, and the cover that counts, each in 0..1."""

    colour: Tensor  # (n, 3, S, S)
    alpha: Tensor  # (n, 1, S, S)
    cover: Tensor  # (n, 1, S, S)

    @classmethod
    def of(cls, rgba: Tensor) -> Layer:
        """All of a layer (n, 4, S, S) counts."""
        return cls(rgba[:, :3], rgba[:, 3:], rgba[:, 3:])


class Occluders:
    """Draws occluders of every kind; the two files of cut-outs are read once."""

    def __init__(self, cutouts: Cutouts, assets: OcclusionAssets) -> None:
        self.cutouts, self.assets = cutouts, assets

    def draw(self, kind: str, crops: Tensor, points: Tensor, skin: Tensor, generator: Generator) -> Layer:
        """One layer for each crop.

        Args:
            kind: one of KINDS.
            crops: (n, 3, S, S) in 0..1.
            points: landmarks (n, 68, 2) in crop sides.
            skin: mean colour of each face (n, 3).
        """
        if kind not in KINDS:
            raise ValueError(f"kind: got {kind!r}, expected one of {', '.join(KINDS)}")
        made: Layer = getattr(self, f"_{kind}")(crops, points, skin, generator)
        return made

    def _hand(self, crops: Tensor, points: Tensor, skin: Tensor, generator: Generator) -> Layer:
        """A hand in the colour of the face's skin: the cut-outs are of few people."""
        rgba = self.cutouts.hand_layers(len(crops), crops.shape[2], generator)
        area = rgba[:, 3:].sum((2, 3)).clamp_min(1.0)
        own = rgba[:, :3].sum((2, 3)) / area
        mix = _uniform(len(crops), generator, crops)[:, None]
        gain = torch.lerp(skin / own.clamp_min(0.05), torch.ones_like(skin), 0.4 * mix).clamp(0.2, 3.0)
        gain = gain * (0.75 + 0.5 * _uniform(len(crops), generator, crops)[:, None])
        colour = torch.minimum(rgba[:, :3] * gain[..., None, None], rgba[:, 3:])
        return Layer.of(torch.cat([colour, rgba[:, 3:]], 1))

    def _mask(self, crops: Tensor, points: Tensor, skin: Tensor, generator: Generator) -> Layer:
        """A mask by its anchors; a drawn cloth on profiles and on a quarter of the others."""
        side = crops.shape[2]
        cloth, cover = cloth_layers(crops, points, generator)
        rgba = torch.cat([cloth * cover, cover], 1)
        picture, fits = self.cutouts.mask_layers(points, side, generator)
        real = fits.clone()
        real[fits] = _uniform(int(fits.sum()), generator, crops) < 0.75
        rgba[real] = picture[real[fits]]
        return Layer.of(rgba)

    def _glasses(self, crops: Tensor, points: Tensor, skin: Tensor, generator: Generator) -> Layer:
        """Dark glasses, which count with their rims, or clear ones, which do not."""
        glasses = glasses_layers(points, crops.shape[2], generator)
        lens = glasses.lens * glasses.dark
        colour = glasses.tint * lens * (1 - glasses.rim) + glasses.frame * glasses.rim
        alpha = lens * (1 - glasses.rim) + glasses.rim
        dark = (glasses.dark > DARK).float()
        return Layer(colour, alpha, torch.maximum(glasses.lens, glasses.rim) * dark)

    def _hair(self, crops: Tensor, points: Tensor, skin: Tensor, generator: Generator) -> Layer:
        """Another person's hair, moved down or aside so that it falls over the face."""
        n, side = len(crops), crops.shape[2]
        draw = torch.rand(n, 6, generator=generator, device=crops.device)
        which = (draw[:, 0] * len(self.assets.hair)).long().clamp_max(len(self.assets.hair) - 1)
        angle = (draw[:, 1] - 0.5) * 0.9
        wide = CROP_IN_PACK / PACK_SIZE / (0.85 + 0.5 * draw[:, 2])
        flip = torch.where(draw[:, 3] < 0.5, -1.0, 1.0)
        shift = torch.stack([(draw[:, 4] - 0.5) * 0.7, -0.05 - 0.45 * draw[:, 5]], 1)  # read from above: down
        c, s = torch.cos(angle) * wide, torch.sin(angle) * wide
        theta = torch.stack([
            torch.stack([c * flip, -s * flip, shift[:, 0]], 1), torch.stack([s, c, shift[:, 1]], 1),
        ], 1)  # fmt: skip
        grid = F.affine_grid(theta, [n, 4, side, side], align_corners=False)
        rgba = F.grid_sample(self.assets.hair[which], grid, padding_mode="zeros", align_corners=False)
        shade = 0.5 + 0.9 * _uniform(n, generator, crops)[:, None, None, None]
        return Layer.of(torch.cat([torch.minimum(rgba[:, :3] * shade, rgba[:, 3:]), rgba[:, 3:]], 1))

    def _object(self, crops: Tensor, points: Tensor, skin: Tensor, generator: Generator) -> Layer:
        """A ragged ellipse or box, or up to four things of one kind with lobes and notches."""
        n, side = len(crops), crops.shape[2]
        cover = shapes(n, side, generator, crops.device)
        several = _uniform(n, generator, crops)[:, None, None, None] < 0.5
        return self._filled(
            torch.where(several, lobed(n, side, generator, crops.device), cover), crops, generator
        )

    def _polygon(self, crops: Tensor, points: Tensor, skin: Tensor, generator: Generator) -> Layer:
        """A convex polygon of three to six straight edges: books, telephones, signs."""
        n, side = len(crops), crops.shape[2]
        centre = (torch.rand(n, 2, generator=generator, device=crops.device) - 0.5) * 0.9
        t = (torch.arange(side, device=crops.device) + 0.5) / side - 0.5
        turn = 2 * math.pi * torch.rand(n, generator=generator, device=crops.device)
        inside = torch.full((n, side, side), 9.0, device=crops.device)
        for edge in range(6):
            angle = turn + edge * math.pi / 3 + 0.4 * _uniform(n, generator, crops)
            reach = 0.08 + 0.30 * _uniform(n, generator, crops)
            x, y = t[None, None, :] - centre[:, 0, None, None], t[None, :, None] - centre[:, 1, None, None]
            across = torch.cos(angle)[:, None, None] * x + torch.sin(angle)[:, None, None] * y
            # An edge farther off than the crop is wide is none: three to six are left.
            far = (edge % 2 == 1) & (_uniform(n, generator, crops) < 0.5)
            reach = torch.where(far, reach + 2.0, reach)
            inside = torch.minimum(inside, reach[:, None, None] - across)
        return self._filled((inside * side + 0.5).clamp(0, 1)[:, None], crops, generator)

    def _bar(self, crops: Tensor, points: Tensor, skin: Tensor, generator: Generator) -> Layer:
        """One to three parallel bands across the crop: rails, straps, cables, censor bars."""
        n, side = len(crops), crops.shape[2]
        draw = torch.rand(n, 5, generator=generator, device=crops.device)
        angle = math.pi * draw[:, 0, None, None]
        t = (torch.arange(side, device=crops.device) + 0.5) / side - 0.5
        across = torch.cos(angle) * t[None, None, :] + torch.sin(angle) * t[None, :, None]
        half = 0.015 + 0.08 * draw[:, 1, None, None].square()
        step = half * (4 + 6 * draw[:, 2, None, None])
        offset = across - (draw[:, 3, None, None] - 0.5) * 0.7
        count = (draw[:, 4, None, None] * 3).floor()
        nearest = (offset / step).round().clamp(torch.zeros_like(count), count)
        cover = ((half - (offset - nearest * step).abs()) * side + 0.5).clamp(0, 1)[:, None]
        return self._filled(cover, crops, generator)

    def _text(self, crops: Tensor, points: Tensor, skin: Tensor, generator: Generator) -> Layer:
        """A word across the crop."""
        n, side = len(crops), crops.shape[2]
        draw = torch.rand(n, 5, generator=generator, device=crops.device)
        which = (draw[:, 0] * len(self.assets.text)).long().clamp_max(len(self.assets.text) - 1)
        angle = (draw[:, 1] - 0.5) * 1.2
        size = 0.5 + 0.7 * draw[:, 2]
        centre = (draw[:, 3:5] - 0.5) * 1.2
        c, s = torch.cos(angle) / size, torch.sin(angle) / size
        turn = torch.stack([torch.stack([c, s], 1), torch.stack([-4 * s, 4 * c], 1)], 1)  # words are 4 : 1
        theta = torch.cat([turn, -turn @ centre[:, :, None]], 2)
        grid = F.affine_grid(theta, [n, 1, side, side], align_corners=False)
        cover = F.grid_sample(self.assets.text[which], grid, padding_mode="zeros", align_corners=False)
        colour = torch.rand(n, 3, 1, 1, generator=generator, device=crops.device)
        gray = _uniform(n, generator, crops)[:, None, None, None] < 0.5
        colour = torch.where(gray, colour[:, :1].round(), colour)  # black or white, or any colour
        return Layer.of(torch.cat([colour * cover, cover], 1))

    def _filled(self, cover: Tensor, crops: Tensor, generator: Generator) -> Layer:
        """A shape (n, 1, S, S) filled with a texture, another crop's pixels or plain colour; a tenth of them
        lets the face show through."""
        n, side = len(crops), crops.shape[2]
        colour = torch.rand(n, 3, 1, 1, generator=generator, device=crops.device)
        kind = _uniform(n, generator, crops)[:, None, None, None]
        texture = self.cutouts.texture(n, side, generator) * (0.5 + colour)
        # Upside down and shifted, so that it never shows a face in place.
        other = crops.roll(1, 0).flip(2).roll(side // 3, 3) * (0.5 + colour)
        t = torch.linspace(-0.3, 0.3, side, device=crops.device)
        shaded = colour * (1 + t * (2 * kind - 1) * 2)
        filling = torch.where(kind < 0.4, texture, torch.where(kind < 0.65, other, shaded)).clamp(0, 1)
        dyed = _uniform(n, generator, crops)[:, None, None, None] < 0.4
        filling = torch.where(dyed, recoloured(filling, generator), filling)
        strength = torch.rand(n, 1, 1, 1, generator=generator, device=crops.device)
        through = _uniform(n, generator, crops)[:, None, None, None] < 0.1
        alpha = cover * torch.where(through, 0.3 + 0.6 * strength, torch.ones_like(strength))
        return Layer(filling * alpha, alpha, alpha)


def lobed(n: int, side: int, generator: Generator, device: torch.device) -> Tensor:
    """Cover masks (n, 1, side, side) of one to four closed curves, whose distance from their centre is a sum
    of waves: smooth lobes and notches, where ellipses and boxes have none."""
    t = (torch.arange(side, device=device) + 0.5) / side - 0.5
    waves = torch.arange(2, 6, device=device)
    count = torch.randint(1, 5, (n,), generator=generator, device=device)
    out = torch.zeros(n, 1, side, side, device=device)
    for number in range(4):
        draw = torch.rand(n, 3 + 2 * len(waves), generator=generator, device=device)
        x, y = (
            t.view(shape) - (draw[:, k, None, None] - 0.5) * 0.9
            for k, shape in ((0, (1, 1, -1)), (1, (1, -1, 1)))
        )
        distance, angle = torch.hypot(x, y), torch.atan2(y.expand(n, side, side), x.expand(n, side, side))
        size = (0.05 + 0.25 * draw[:, 2]) / (1 + 0.3 * (count - 1))
        reach = torch.ones_like(distance)
        for k, wave in enumerate(waves):
            height, phase = draw[:, 3 + 2 * k], 2 * math.pi * draw[:, 4 + 2 * k]
            reach = reach + (0.9 / wave * (height - 0.3))[:, None, None] * torch.cos(
                wave * angle + phase[:, None, None]
            )
        inside = ((size[:, None, None] * reach.clamp_min(0.2) - distance) * side + 0.5).clamp(0, 1)
        out = torch.maximum(out, (inside * (number < count)[:, None, None])[:, None])
    return out


def recoloured(pictures: Tensor, generator: Generator) -> Tensor:
    """Pictures (n, 3, S, S) in 0..1 with their channels mixed and their contrast changed: what is printed and
    dyed has colours that no photo of nature has."""
    n = len(pictures)
    mix = torch.rand(n, 3, 3, generator=generator, device=pictures.device) ** 2
    mix = mix / mix.sum(2, keepdim=True).clamp_min(1e-3)
    draw = torch.rand(n, 2, 3, 1, 1, generator=generator, device=pictures.device)
    mixed = torch.einsum("nij,njhw->nihw", mix, pictures)
    return (draw[:, 0] + (0.5 + 2.5 * draw[:, 1]) * (mixed - mixed.mean((2, 3), keepdim=True))).clamp(0, 1)


def _uniform(n: int, generator: Generator, like: Tensor) -> Tensor:
    return torch.rand(n, generator=generator, device=like.device)
