"""Small made-up cut-outs and photos with pixel maps."""

from __future__ import annotations

import torch

from training.augmentation.occluder_cutouts import Cutouts
from training.occlusion.assets import COVERED, FACE, IGNORE, OcclusionAssets


def make_cutouts() -> Cutouts:
    """A green mask, a hand of half the picture, a blue texture."""
    masks = torch.zeros(1, 4, 32, 32)
    masks[:, 1] = masks[:, 3] = 1
    anchors = torch.tensor([[-0.9, -0.9], [0.0, -0.9], [0.9, -0.9], [-0.6, 0.7], [0.0, 0.9], [0.6, 0.7]])
    hands = torch.zeros(1, 4, 16, 16)
    hands[..., :8, :] = 0.8
    hands[:, 3, :8] = 1
    return Cutouts(
        masks=masks,
        anchors=anchors[None],
        side=torch.tensor([0]),
        hands=hands,
        textures=torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1).expand(1, 3, 8, 8).contiguous(),
    )


def make_assets(photos: int = 8) -> OcclusionAssets:
    """Brown hair over the upper half, a word, gray photos whose lower half is covered by white."""
    hair = torch.zeros(2, 4, 144, 144)
    hair[:, 0, :60], hair[:, 3, :60] = 0.4, 1
    pictures = torch.full((photos, 144, 144, 3), 90, dtype=torch.uint8)
    classes = torch.full((photos, 144, 144), FACE, dtype=torch.uint8)
    pictures[:, 80:] = 250
    classes[:, 80:] = COVERED
    classes[:, :10] = IGNORE
    text = torch.zeros(2, 1, 32, 128)
    text[:, :, 8:24, 10:118] = 1
    return OcclusionAssets(
        hair=hair,
        text=text,
        photos=pictures,
        classes=classes,
        points=torch.zeros(photos, 68, 2),
        held_out=torch.arange(photos) % 4 == 0,
    )


def plain_points(n: int = 1) -> torch.Tensor:
    """Landmarks (n, 68, 2) of a frontal face that fills the crop as usual."""
    points = torch.zeros(n, 68, 2)
    angle = torch.linspace(-0.1, torch.pi + 0.1, 17)
    points[:, :17] = torch.stack([-0.33 * torch.cos(angle), 0.34 * torch.sin(angle)], 1)
    for first, last, x, y in (
        (17, 22, -0.16, -0.22), (22, 27, 0.16, -0.22), (36, 42, -0.15, -0.12), (42, 48, 0.15, -0.12),
        (27, 31, 0.0, -0.02), (31, 36, 0.0, 0.06), (48, 68, 0.0, 0.18),
    ):  # fmt: skip
        spread = torch.linspace(-0.06, 0.06, last - first)
        points[:, first:last, 0] = x + (0 if first == 27 else 1) * spread
        points[:, first:last, 1] = y + (spread if first == 27 else 0)
    return points
