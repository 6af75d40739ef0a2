"""N_mask (paper 2, section 3.1): a depthwise-separable U-Net that marks what lies in front of a face.

Every batch norm follows a convolution and folds into it; only the last convolution has a bias of its own.
The decoder adds the encoder's maps instead of joining them, and the finest maps are half the crop's size: the
last convolution gives the four pixels of each of their cells. Joined maps at full size with as many
multiply-adds take some 1.7 times as long to train on a CPU.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.networks.blocks import ConvNorm

MASK_SIDE = 128  # px of the crop; the crop is that of the regressor
WIDTHS = (16, 32, 64, 112, 160)  # channels of the encoder at 64, 32, 16, 8 and 4 px
BLOCKS = (1, 2, 3, 3, 3)  # separable convolutions at each of them: cheap where maps are small
DECODER = (16, 32, 64, 80)  # channels of the decoder at 64, 32, 16 and 8 px


class Separable(nn.Sequential):
    """Depthwise 3x3, then pointwise 1x1 convolution, batch norm and ReLU.

    One norm for both, as in the detector: norms over large maps cost more time than these convolutions.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
            ConvNorm(inputs, outputs),
        )


class MaskNet(nn.Module):
    """Crops (N, 3, 128, 128) RGB in 0..1 -> logits (N, 1, 128, 128), positive where the face is covered.

    Args:
        widths: channels of the encoder's levels, fine to coarse, the finest at half the crop's size.
        blocks: separable convolutions of each of the encoder's levels.
        decoder: channels of the decoder's levels, all but the coarsest.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = WIDTHS,
        blocks: tuple[int, ...] = BLOCKS,
        decoder: tuple[int, ...] = DECODER,
    ) -> None:
        super().__init__()
        self.stem = ConvNorm(3, widths[0], 3, stride=2)
        self.encoder = nn.ModuleList()
        for level, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            inputs = widths[max(level - 1, 0)]
            stages = [Separable(inputs, width, stride=1 if level == 0 else 2)]
            stages += [Separable(width, width) for _ in range(count - 1)]
            self.encoder.append(nn.Sequential(*stages))
        coarser = (*decoder[1:], widths[-1])
        levels = list(reversed(range(len(decoder))))  # coarse to fine
        self.narrow = nn.ModuleList(ConvNorm(coarser[k], decoder[k], act=False) for k in levels)
        self.lateral = nn.ModuleList(ConvNorm(widths[k], decoder[k], act=False) for k in levels)
        self.decoder = nn.ModuleList(Separable(decoder[k], decoder[k]) for k in levels)
        self.logit = nn.Conv2d(decoder[0], 4, 1)
        # An eighth of the pixels, about what training covers.
        self.logit.bias = nn.Parameter(torch.full((4,), -2.0))

    def quarters(self, crops: Tensor) -> Tensor:
        """Logits (N, 4, S / 2, S / 2) of the four pixels of each cell, row by row."""
        x = self.stem(crops)
        skips = []
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
        stages = zip(self.narrow, self.lateral, self.decoder, reversed(skips[:-1]), strict=True)
        for narrow, lateral, stage, skip in stages:
            coarse = F.interpolate(narrow(x), scale_factor=2.0, mode="nearest")
            x = stage(F.relu(lateral(skip) + coarse))
        out: Tensor = self.logit(x)
        return out

    def forward(self, crops: Tensor) -> Tensor:
        """Logits (N, 1, S, S) of crops (N, 3, S, S), S a multiple of 32."""
        return F.pixel_shuffle(self.quarters(crops), 2)


def parameter_count(network: nn.Module) -> int:
    """Trainable numbers of a network."""
    return sum(p.numel() for p in network.parameters())


def fold_norms(network: nn.Module) -> nn.Module:
    """Replace every convolution + batch norm of an evaluated network by one convolution, in place.

    Returns:
        The network, whose outputs are the same up to rounding.
    """
    for module in network.modules():
        if isinstance(module, ConvNorm):
            fused = torch.nn.utils.fuse_conv_bn_eval(module[0], module[1])  # type: ignore[type-var, arg-type]
            module[0], module[1] = fused, nn.Identity()
    return network
