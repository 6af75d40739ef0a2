"""Mobile-FaceRNet (paper 1, section 3): dense units, Table 1's trunk with residual attention, then x.

What the paper leaves open, and what is chosen here (preset `paper`):
- Input 64 x 64 (section 4.2) and 0.121 GFLOPs (Table 4) agree only if the two 3x3 convolutions and the units
  keep 64 x 64 and the stride sits in Table 1's first Conv2d; so it does.
- A residual module is one 3x3 convolution: only then is a unit's receptive field 11 and that of five 51.
- The attention's main branch halves the channels, and the next layer takes that half: with all channels
  kept, 495 outputs would need 2.86 M parameters, more than the paper's 2.56 M. The last layer is halved like
  the others.
- Table 1 names no decoder, and its row order is followed to the pool; the encoder-decoder of section 3.3 is
  in the `default` form, where its maps serve a purpose (below).
- The pool is global, since 64 x 64 ends at 2 x 2, not 7 x 7.

Preset `default`, the shipped form: the same parts in the shapes that run and learn best here. The stem
halves the picture twice, so the units run at a quarter of its side; all channel counts are multiples of 16;
attention keeps the channels. Section 3.3's decoder (features upsampled, joined with the encoder's by channel
concatenation) gives 68 maps whose soft-argmax are landmarks. The head sees these points, a pooled code and a
narrow code that keeps position, because a pool alone forgets where things are; albedo and light are helped by
a thumbnail's colours. `tiny` is the same, smaller.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.networks.blocks import ConvNorm, DenseUnits, HalvingAttention, InvertedResidual, LightAttention
from training.networks.heads import ColourHead, Decoder, PointHead, PoolHead
from training.networks.layout import PAPER_LAYOUT, Layout
from training.networks.trunks import OTHERS

# Table 1: expansion t, channels c, repeats n, stride s of the seven layers.
TABLE_1 = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


@dataclass(frozen=True)
class Preset:
    """Shape of one network; defaults are the shipped form."""

    input_size: int = 96
    stem_channels: int = 16
    stem_strides: tuple[int, int] = (2, 2)
    units: int = 3
    join_channels: int = 32
    join_stride: int = 1
    layers: tuple[tuple[int, int, int, int], ...] = (
        (1, 16, 1, 1),
        (6, 32, 2, 2),
        (6, 32, 3, 1),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 256, 1, 1),
    )
    attention: str = "light"  # or "halving", the paper's, or "none"
    trunk: str = "mobile_facernet"  # or one of training/networks/trunks.py, to compare with
    code: int = 512
    points: int = 68
    decoder_channels: int = 64
    hidden: int = 256
    layout: Layout = field(default_factory=Layout)


PRESETS = {
    "default": Preset(),
    "tiny": Preset(
        units=2,
        join_channels=16,
        layers=((1, 16, 1, 1), (4, 16, 1, 2), (4, 32, 2, 1), (4, 48, 2, 2), (4, 96, 2, 2)),
        code=256,
        decoder_channels=32,
        hidden=128,
    ),
    "paper": Preset(
        input_size=64,
        stem_channels=8,
        stem_strides=(1, 1),
        units=5,
        join_stride=2,
        layers=TABLE_1,
        attention="halving",
        code=1280,
        points=0,
        layout=PAPER_LAYOUT,
    ),
}

# What Tables 4 to 7 compare the paper's form with, at its input size and with its head. Without units and
# attention, Table 1 is MobileNetV2.
COMPARED = {
    "paper_without_attention": replace(PRESETS["paper"], attention="none"),
    "paper_without_units": replace(PRESETS["paper"], units=0),
    "mobilenet_v2": replace(PRESETS["paper"], units=0, attention="none"),
    "densenet121": replace(PRESETS["paper"], trunk="densenet121"),
    "resnet50": replace(PRESETS["paper"], trunk="resnet50"),
}


class MobileFaceRNet(nn.Module):
    """Crop (N, 3, S, S) RGB 0..1 -> x (N, K) in label units, points (N, P, 2) in units of the crop's side,
    spread (N, P), the logarithm of the error to be expected of each landmark, in the same unit, and presence
    (N, 1), the logit of there being a face in the crop.

    `mean` and `std` hold the labels' statistics: the last layer learns normalised labels. `points`, `spread`
    and `presence` are empty (N, 0, 2), (N, 0), (N, 0) in forms without a decoder.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.preset = preset
        self.skips: list[int] = []
        self.other = OTHERS[preset.trunk]() if preset.trunk in OTHERS else None
        channels = self._make_trunk(preset) if self.other is None else self.other.channels
        # The decoder joins the last stage of each resolution below the highest: two doublings.
        ends = [i for i, layer in enumerate(preset.layers) if layer[3] == 2] + [len(preset.layers)]
        self.taps = [ends[-3] - 1, ends[-2] - 1] if preset.points else []
        taps = [self.skips[i] for i in self.taps[::-1]]
        self.decoder = (
            Decoder(channels, taps, preset.decoder_channels, preset.points) if preset.points else None
        )
        total = preset.layout.total
        self.head: PointHead | PoolHead
        self.colour: ColourHead | None = None
        if preset.points:
            self.colour = ColourHead(preset.layout.beta, preset.layout.gamma)
            self.head = PointHead(channels, preset.code, preset.points, preset.hidden, total)
        else:
            self.head = PoolHead(channels, preset.code, total)
        self.register_buffer("mean", torch.zeros(total))
        self.register_buffer("std", torch.ones(total))
        self._initialise()

    def _make_trunk(self, preset: Preset) -> int:
        """Stem, units and the layers of Table 1; returns the channels of the last."""
        width = preset.stem_channels
        self.stem = nn.Sequential(
            ConvNorm(3, width, 3, preset.stem_strides[0]), ConvNorm(width, width, 3, preset.stem_strides[1])
        )
        self.units = DenseUnits(width, preset.units)
        # A strided 3x3 as in Table 1; where the stem has taken the stride already, a 1x1 is enough to join.
        kernel = 3 if preset.join_stride > 1 else 1
        self.join = ConvNorm(self.units.channels, preset.join_channels, kernel, preset.join_stride)
        channels, stages = preset.join_channels, []
        for expand, outputs, repeats, stride in preset.layers:
            blocks: list[nn.Module] = []
            for i in range(repeats):
                blocks.append(InvertedResidual(channels, outputs, stride if i == 0 else 1, expand))
                channels = outputs
            if preset.attention != "none":
                attention = (HalvingAttention if preset.attention == "halving" else LightAttention)(channels)
                channels = attention.outputs
                blocks.append(attention)
            stages.append(nn.Sequential(*blocks))
            self.skips.append(channels)
        self.stages = nn.ModuleList(stages)
        return channels

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        # Start at the mean face: a large random pose in the first steps would blow up the projected losses.
        nn.init.normal_(self.head.output.weight, std=1e-3)
        if self.head.output.bias is not None:
            nn.init.zeros_(self.head.output.bias)

    def features(self, crop: Tensor) -> list[Tensor]:
        """Outputs of all stages of the encoder."""
        if self.other is not None:
            return [self.other(crop - 0.5)]
        x = self.join(self.units(self.stem(crop - 0.5)))
        out = []
        for stage in self.stages:
            x = stage(x)
            out.append(x)
        return out

    def forward(self, crop: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        stages = self.features(crop)
        if self.decoder is None:
            normalised = self.head(stages[-1])
            points, spread = crop.new_zeros(crop.shape[0], 0, 2), crop.new_zeros(crop.shape[0], 0)
            presence = spread
        else:
            points = self.decoder(stages[-1], [stages[i] for i in self.taps[::-1]])
            normalised, spread, presence = self.head(stages[-1], points)
        if self.colour is not None:
            albedo, light = self.colour(crop)
            at = self.preset.layout.slices()
            for part, extra in ((at["beta"], albedo), (at["gamma"], light)):
                normalised = normalised + F.pad(extra, (part.start, normalised.shape[1] - part.stop))
        return self.mean + self.std * normalised.float(), points, spread.float(), presence.float()


class ExportForm(nn.Module):
    """What is shipped: expression weights held in 0..1, where training leaves them free."""

    def __init__(self, network: MobileFaceRNet) -> None:
        super().__init__()
        self.network = network
        self.delta = network.preset.layout.slices()["delta"]

    def forward(self, crop: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x, *rest = self.network(crop)
        a, b = self.delta.start, self.delta.stop
        return torch.cat([x[:, :a], F.hardtanh(x[:, a:b], 0.0, 1.0), x[:, b:]], 1), *rest


def build(name: str, layout: Layout | None = None, **changes: object) -> MobileFaceRNet:
    """The network of a preset or of one that is compared; layout: that of the face model at hand."""
    preset = (PRESETS | COMPARED)[name]
    if layout is not None:
        preset = replace(preset, layout=layout)
    return MobileFaceRNet(replace(preset, **changes))  # type: ignore[arg-type]
