"""N_cont (paper 2, section 3.2, equation 1): the contours of a face where it is covered, and D_1."""

from __future__ import annotations

import torch
from torch import Tensor

from training.networks.discriminator import EDGE_WIDTHS, PAPER_WIDTHS, PatchDiscriminator
from training.networks.generator import Generator, Shape

CHANNELS = 3  # of the input: gray, mask, contours
SHAPES = {
    "edge": Shape(128, (16, 32, 48, 64), (1, 2, 4, 2, 4, 1), edge=True),
    "paper": Shape(256, (64, 128, 256), (2,) * 8, edge=False),
}


class ContourNet(Generator):
    """Inputs of `contour_input` (N, 3, S, S) -> logits (N, 1, S, S) of a contour passing through a pixel."""

    def __init__(self, preset: str = "edge") -> None:
        self.side = SHAPES[preset].side
        super().__init__(CHANNELS, 1, SHAPES[preset])
        # A tenth of the pixels, about what Canny marks.
        torch.nn.init.constant_(self.exit.bias, -2.0)  # type: ignore[arg-type]


class ContourDiscriminator(PatchDiscriminator):
    """D_1: contours (N, 1, S, S) beside the gray picture (N, 1, S, S), joined."""

    def __init__(self, preset: str = "edge") -> None:
        super().__init__(2, EDGE_WIDTHS if preset == "edge" else PAPER_WIDTHS)


def contour_input(gray: Tensor, mask: Tensor, contours: Tensor) -> Tensor:
    """Input of N_cont (N, 3, S, S): gray picture and contours without the covered pixels, and the mask.

    Args:
        gray: (N, 1, S, S) in 0..1.
        mask: (N, 1, S, S), 1 where covered.
        contours: (N, 1, S, S) in 0..1.
    """
    seen = 1 - mask
    return torch.cat([gray * seen, mask, contours * seen], 1)


def complete_contours(contours: Tensor, made: Tensor, mask: Tensor) -> Tensor:
    """C_fina: the picture's own contours where it is seen, the predicted ones (in 0..1) where covered."""
    return contours * (1 - mask) + made * mask
