"""N_mask from its weights to ONNX and to a plan, and what eight bits lose on held-out faces."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.int8_engine.compile_plan import compile_plan
from export.int8_engine.plan_file import write_plan
from export.onnx.pictures_to_onnx import export_picture_network
from export.parity import FACE_MODEL, load_augment
from export.quantization.calibration import covered_crops
from export.quantization.static_quantization import quantize_maps
from facesdk.inference import open_session
from training.augmentation.occluder_cutouts import CUTOUTS, Cutouts
from training.loop.checkpoint import load_weights
from training.networks.mask_net import MASK_SIDE, MaskNet
from training.occlusion.assets import OcclusionAssets
from training.occlusion.batches import MaskBatches
from training.occlusion.evaluate import evaluate_mask
from training.occlusion.layers import Occluders
from training.occlusion.region import FaceRegion
from training.occlusion.settings import MaskSettings

TOLERANCE = 1e-3  # largest difference of a logit from torch
OUTPUT = "mask"


class Quarters(nn.Module):
    """N_mask as engines run it: the last map's four values are the four pixels of a cell."""

    def __init__(self, network: MaskNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor) -> Tensor:
        return self.network.quarters(crops)


class SessionNetwork(nn.Module):
    """An exported N_mask as torch calls it: (N, C, S, S) in 0..1 -> maps (N, 1, S, S)."""

    def __init__(self, path: Path, output: str) -> None:
        super().__init__()
        self._session = open_session(path, "native" if path.suffix == ".plan" else "onnxruntime")
        self._output = output

    def forward(self, pictures: Tensor) -> Tensor:
        # Whole bytes, as a photo's crop has them.
        rounded = (pictures * 255).round() / 255
        maps = self._session.run(rounded.numpy())[self._output]
        return F.pixel_shuffle(torch.from_numpy(maps).permute(0, 3, 1, 2), 2)


def export_mask(weights: Path, shards: Path, occluders: Path, out: Path, version: str, crops: int) -> float:
    """Write OUT and the plan beside it, and print what the plan loses on held-out faces.

    Returns:
        The largest loss of the plan against float32 among IoU of covered pixels and of visible faces.

    Raises:
        SystemExit: ONNX Runtime and torch disagree; nothing is written.
    """
    network = MaskNet()
    network.load_state_dict(load_weights(weights))
    candidate = out.with_suffix(".new")
    description = {
        "version": version,
        "output": "logits of what lies in front of the face, of the four pixels of each cell, row by row",
    }
    difference = export_picture_network(Quarters(network), candidate, MASK_SIDE, 3, OUTPUT, description)
    print(f"largest difference from torch: {difference:.2e} (bound {TOLERANCE:.0e})")
    if difference > TOLERANCE:
        candidate.unlink()
        raise SystemExit("not exported: ONNX Runtime and torch disagree")
    candidate.replace(out)
    batches = mask_batches(shards, occluders)
    plan = out.with_suffix(".plan")
    write_plan(compile_plan(*quantize_maps(onnx.load(str(out)), covered_crops(batches, crops))), plan)
    held = batches.shards.split(batches.settings.held_out)[1]
    real = held[batches.real[held] & (batches.shards.weight[held] > 0)]
    figures = {path: evaluate_mask(SessionNetwork(path, OUTPUT), batches, real) for path in (out, plan)}
    for path, values in figures.items():
        print(f"{path.name}, {path.stat().st_size / 1e3:.0f} kB: {values}")
    return max(figures[out][name] - figures[plan][name] for name in ("iou", "face_iou"))


def mask_batches(shards: Path, occluders: Path) -> MaskBatches:
    """Batches of a training of N_mask with the default settings."""
    augment = load_augment(shards)
    layers = Occluders(Cutouts.load(shards / CUTOUTS), OcclusionAssets.load(occluders))
    return MaskBatches(augment.shards, augment, FaceRegion(FACE_MODEL), layers, MaskSettings())
