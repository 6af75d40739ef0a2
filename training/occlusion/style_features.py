"""Feature maps of the style loss (paper 2, equation 6): the first stages of our own Mobile-FaceRNet.

The paper takes a network trained on ImageNet. Ours was trained here, on faces, is in the repository, and is a
twentieth of its work; its stem, dense units and first two stages see textures of 4 to some 50 px.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from training.reconstruction.checkpoints import load_average

CHECKPOINT = Path(__file__).parents[1] / "checkpoints" / "mobile_facernet.safetensors"
STAGES = 2


class StyleFeatures(nn.Module):
    """Pictures (N, 3, S, S) in 0..1 -> maps after the stem, the units and each of the first stages."""

    def __init__(self, checkpoint: Path = CHECKPOINT) -> None:
        super().__init__()
        network = load_average(checkpoint)
        self.stem, self.units, self.join = network.stem, network.units, network.join
        self.stages = nn.ModuleList(list(network.stages)[:STAGES])
        self.eval().requires_grad_(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        maps = [self.stem(pictures - 0.5)]
        maps.append(self.join(self.units(maps[0])))
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return maps
