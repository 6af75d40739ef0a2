"""N_syn (paper 2, section 3.2): the picture of a face where it is covered, from its contours, and D_2."""

from __future__ import annotations

import torch
from torch import Tensor

from training.networks.discriminator import EDGE_WIDTHS, PAPER_WIDTHS, PatchDiscriminator
from training.networks.generator import Generator, Shape

CHANNELS = 4  # of the input: red, green, blue, contours with the mask
SHAPES = {
    "edge": Shape(128, (16, 32, 64, 96), (1, 2, 4, 1), edge=True),
    "paper": Shape(256, (64, 128, 256), (1,) * 4, edge=False),
}


class CompletionNet(Generator):
    """Inputs of `completion_input` (N, 4, S, S) -> the whole picture (N, 3, S, S) RGB, 0..1 but not held
    there: a tanh or a clip at the end would be outside the graph in eight bits."""

    def __init__(self, preset: str = "edge") -> None:
        self.side = SHAPES[preset].side
        super().__init__(CHANNELS, 3, SHAPES[preset])
        torch.nn.init.constant_(self.exit.bias, 0.5)  # type: ignore[arg-type]


class CompletionDiscriminator(PatchDiscriminator):
    """D_2: picture (N, 3, S, S) beside its contours (N, 1, S, S), joined."""

    def __init__(self, preset: str = "edge") -> None:
        super().__init__(4, EDGE_WIDTHS if preset == "edge" else PAPER_WIDTHS)


def completion_input(photo: Tensor, contours: Tensor, mask: Tensor) -> Tensor:
    """Input of N_syn (N, 4, S, S): the photo, black where covered, and one plane of contours and mask.

    The plane is (2 mask + contours) / 3, so that covered pixels are told from black ones and the input still
    fills just the four bytes of a pixel.

    Args:
        photo: (N, 3, S, S) RGB in 0..1.
        contours: C_fina (N, 1, S, S) in 0..1.
        mask: (N, 1, S, S), 1 where covered.
    """
    return torch.cat([photo * (1 - mask), (2 * mask + contours) / 3], 1)
