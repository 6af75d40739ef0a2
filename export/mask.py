"""N_mask from its weights to ONNX and to a plan, and what eight bits lose on held-out faces."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from export.parity import FACE_MODEL, load_augment
from export.picture_networks import SessionNetwork, export_float, export_plan, print_figures
from export.quantization.calibration import covered_crops
from training.augmentation.occluder_cutouts import CUTOUTS, Cutouts
from training.loop.checkpoint import load_weights
from training.networks.mask_net import MASK_SIDE, MaskNet
from training.occlusion.assets import OcclusionAssets
from training.occlusion.batches import MaskBatches
from training.occlusion.evaluate import evaluate_mask
from training.occlusion.layers import Occluders
from training.occlusion.region import FaceRegion
from training.occlusion.settings import MaskSettings

OUTPUT = "mask"


class Quarters(nn.Module):
    """N_mask as engines run it: the last map's four values are the four pixels of a cell."""

    def __init__(self, network: MaskNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor) -> Tensor:
        return self.network.quarters(crops)


def export_mask(weights: Path, shards: Path, occluders: Path, out: Path, version: str, crops: int) -> float:
    """Write OUT and the plan beside it, and print what the plan loses on held-out faces.

    Returns:
        The largest loss of the plan against float32 among IoU of covered pixels and of visible faces.

    Raises:
        SystemExit: ONNX Runtime and torch disagree; nothing is written.
    """
    network = MaskNet()
    network.load_state_dict(load_weights(weights))
    description = {
        "version": version,
        "output": "logits of what lies in front of the face, of the four pixels of each cell, row by row",
    }
    export_float(Quarters(network), out, MASK_SIDE, 3, OUTPUT, description)
    batches = mask_batches(shards, occluders)
    plan = export_plan(out, covered_crops(batches, crops))
    held = batches.shards.split(batches.settings.held_out)[1]
    real = held[batches.real[held] & (batches.shards.weight[held] > 0)]
    figures = {}
    for path in (out, plan):
        whole = nn.Sequential(SessionNetwork(path, OUTPUT), nn.PixelShuffle(2))
        figures[path] = evaluate_mask(whole, batches, real)
    print_figures(figures)
    return max(figures[out][name] - figures[plan][name] for name in ("iou", "face_iou"))


def mask_batches(shards: Path, occluders: Path) -> MaskBatches:
    """Batches of a training of N_mask with the default settings."""
    augment = load_augment(shards)
    layers = Occluders(Cutouts.load(shards / CUTOUTS), OcclusionAssets.load(occluders))
    return MaskBatches(augment.shards, augment, FaceRegion(FACE_MODEL), layers, MaskSettings())
