"""The shipped networks as GPU engines get them: input, outputs, role in the chain, torch form."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import onnx
import torch
from safetensors.numpy import load_file
from torch import nn

from export.manifest import ASSETS
from export.mask import Quarters
from export.onnx.picture_forms import DetectorForm, EyesForm, MapsForm
from export.onnx.pictures_to_onnx import PixelOrder
from export.onnx.regressor_form import RegressorForm
from export.onnx.shipped_weights import take_weights
from facesdk import manifest
from training.detector.network import DetectorNet
from training.networks.completion_net import CompletionNet
from training.networks.contour_net import ContourNet
from training.networks.layout import Layout
from training.networks.mask_net import MASK_SIDE, MaskNet
from training.networks.mobile_facernet import ExportForm, build

EYE_NUMBERS = 336  # brightnesses of an eye's patch, 28 x 12


@dataclasses.dataclass(frozen=True)
class ShippedNetwork:
    """One network of the package."""

    name: str  # of its files
    role: str  # in the engine
    input: str
    shape: tuple[int, ...]  # of one input without its batch; what the graph of fixed size has
    outputs: tuple[str, ...]
    make: Callable[[Path, bool], nn.Module]  # assets, half -> device form, evaluated
    precise: tuple[str, ...]  # how names of convolutions begin that stay in float32 in the int8 graphs
    free: tuple[tuple[int, str], ...] = ((0, "N"),)  # axes of the input whose sizes are left open

    @property
    def asset(self) -> str:
        """Its shipped ONNX file."""
        return f"{self.name}.onnx"


def regressor(asset: str, preset: str, assets: Path, half: bool) -> nn.Module:
    """Build the device form of a shipped regressor."""
    stored = {entry.key: entry.value for entry in onnx.load(str(assets / asset)).metadata_props}
    described = json.loads(stored["facesdk"])
    network = build(preset, Layout.from_sizes(described["layout"])).eval()
    side = described["input_size"]
    take_weights(ExportForm(network).eval(), assets / asset, torch.zeros(1, 3, side, side))
    return RegressorForm(network, half).eval()


def _detector(assets: Path, half: bool) -> nn.Module:
    network = DetectorNet().eval()
    take_weights(network, assets / manifest.DETECTOR, torch.zeros(1, 3, 64, 64))
    return DetectorForm(network, half).eval()


def _maps(asset: str, make: Callable[[], nn.Module], channels: int, assets: Path, half: bool) -> nn.Module:
    network = make().eval()
    take_weights(PixelOrder(network).eval(), assets / asset, torch.zeros(1, channels, MASK_SIDE, MASK_SIDE))
    return MapsForm(network, half).eval()


def _eyes(assets: Path, half: bool) -> nn.Module:
    return EyesForm(load_file(assets / manifest.EYES), half).eval()


HEADS = ("/head/", "/colour/")
REGRESSOR_OUTPUTS = ("x", "points", "spread", "presence")
NETWORKS = (
    ShippedNetwork(
        "mobile_facernet", "regressor", "crop", (3, 96, 96), REGRESSOR_OUTPUTS,
        lambda assets, half: regressor(manifest.NETWORK, "default", assets, half), HEADS,
    ),
    ShippedNetwork(
        "mobile_facernet_tiny", "regressor", "crop", (3, 96, 96), REGRESSOR_OUTPUTS,
        lambda assets, half: regressor(manifest.NETWORKS["tiny"][0], "tiny", assets, half), HEADS,
    ),
    ShippedNetwork(
        # Fixed: a camera frame of 16:9 at the default long side of 608 px.
        "detector", "detector", "picture", (3, 352, 608), ("cells",), _detector, ("/out",),
        free=((0, "N"), (2, "height"), (3, "width")),
    ),
    ShippedNetwork("eyes", "eyes", "patch", (EYE_NUMBERS,), ("logit",), _eyes, ("/layers.2/",)),
    ShippedNetwork(
        "mask_net", "mask", "crop", (3, MASK_SIDE, MASK_SIDE), ("mask",),
        lambda assets, half: _maps(manifest.MASK, lambda: Quarters(MaskNet()), 3, assets, half),
        ("/network/network/logit/",),
    ),
    ShippedNetwork(
        "contour_net", "contours", "crop", (3, MASK_SIDE, MASK_SIDE), ("contours",),
        lambda assets, half: _maps(manifest.CONTOURS, ContourNet, 3, assets, half), ("/network/exit/",),
    ),
    ShippedNetwork(
        "completion_net", "picture", "crop", (4, MASK_SIDE, MASK_SIDE), ("picture",),
        lambda assets, half: _maps(manifest.COMPLETION, CompletionNet, 4, assets, half), ("/network/exit/",),
    ),
)  # fmt: skip


def shipped_networks(assets: Path = ASSETS) -> list[ShippedNetwork]:
    """List the networks whose files the package has."""
    return [network for network in NETWORKS if (assets / network.asset).exists()]
