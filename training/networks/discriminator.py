"""Patch discriminator with spectral norm (Isola et al. 2017; Miyato et al. 2018), and its activations."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

PAPER_WIDTHS = (64, 128, 256, 512)
EDGE_WIDTHS = (16, 32, 64, 64)


class PatchDiscriminator(nn.Module):
    """Pictures (N, inputs, S, S) -> logits (N, 1, S', S'), positive for true patches, and the activations of
    every layer before.

    Args:
        inputs: channels.
        widths: of the layers; all but the last halve the side.
    """

    def __init__(self, inputs: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        strides = [2] * (len(widths) - 1) + [1]
        self.layers = nn.ModuleList(
            nn.Sequential(
                spectral_norm(nn.Conv2d(a, b, 4, stride, 1, bias=False)), nn.LeakyReLU(0.2, inplace=True)
            )
            for a, b, stride in zip((inputs, *widths[:-1]), widths, strides, strict=True)
        )
        self.logit = spectral_norm(nn.Conv2d(widths[-1], 1, 4, 1, 1))

    def forward(self, pictures: Tensor) -> tuple[Tensor, list[Tensor]]:
        x, activations = pictures, []
        for layer in self.layers:
            x = layer(x)
            activations.append(x)
        return self.logit(x), activations
