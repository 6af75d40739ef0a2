"""N_mask (paper 2, section 3.1): a depthwise-separable U-Net that marks what lies in front of a face.

Every batch norm follows a convolution and folds into it; only the last convolution has a bias of its own.
Convolution, ReLU, nearest upsampling and concatenation: nothing that an int8 engine lacks.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.networks.blocks import ConvNorm

MASK_SIDE = 128  # px of the crop; the crop is that of the regressor
WIDTHS = (16, 32, 48, 80, 128)  # channels at 64, 32, 16, 8 and 4 px
BLOCKS = (1, 2, 2, 3, 3)  # separable convolutions at each of them: cheap where maps are small


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
        widths: channels of the encoder's five levels; the decoder mirrors them.
        blocks: separable convolutions of each of the encoder's levels.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS, blocks: tuple[int, ...] = BLOCKS) -> None:
        super().__init__()
        self.stem = ConvNorm(3, widths[0], 3, stride=2)
        self.encoder = nn.ModuleList()
        for level, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            inputs = widths[max(level - 1, 0)]
            stages = [Separable(inputs, width, stride=1 if level == 0 else 2)]
            stages += [Separable(width, width) for _ in range(count - 1)]
            self.encoder.append(nn.Sequential(*stages))
        self.decoder = nn.ModuleList(
            Separable(widths[level + 1] + widths[level], widths[level])
            for level in reversed(range(len(widths) - 1))
        )
        # The crop itself beside the half-size features: edges of the mask fall on edges of the picture.
        self.full = Separable(widths[0] + 3, 12)
        self.logit = nn.Conv2d(12, 1, 1)
        # An eighth of the pixels, about what training covers.
        self.logit.bias = nn.Parameter(torch.full((1,), -2.0))

    def forward(self, crops: Tensor) -> Tensor:
        """Logits (N, 1, S, S) of crops (N, 3, S, S), S a multiple of 32."""
        x = self.stem(crops)
        skips = []
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
        for stage, skip in zip(self.decoder, reversed(skips[:-1]), strict=True):
            x = stage(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skip], 1))
        x = self.full(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), crops], 1))
        out: Tensor = self.logit(x)
        return out


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
