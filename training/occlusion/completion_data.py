"""What the trainings of N_cont and N_syn read, opened."""

from __future__ import annotations

from pathlib import Path

from training.augmentation.augment import Augment
from training.augmentation.occluder_cutouts import CUTOUTS, Cutouts
from training.face_model.linear_face import load_linear_face
from training.occlusion.assets import OcclusionAssets
from training.occlusion.completion_batches import CompletionBatches
from training.occlusion.completion_settings import PictureSettings
from training.occlusion.layers import Occluders
from training.occlusion.region import FaceRegion
from training.shards.load import load_shards


def open_batches(
    shards: Path, assets: Path, settings: PictureSettings, side: int, face_model: Path, device: str
) -> CompletionBatches:
    """Batches of crops of `side` px on a device.

    Args:
        shards: folder of shard_*.npz with cutouts.npz.
        assets: what `pack-occluders` wrote.
        settings: of the run.
        side: px.
        face_model: .safetensors.
        device: cpu or cuda.
    """
    augment = Augment(
        load_shards(shards, device, threads=2), load_linear_face(face_model).to(device), settings.seed
    )
    occluders = Occluders(Cutouts.load(shards / CUTOUTS, device), OcclusionAssets.load(assets, device))
    return CompletionBatches(augment, FaceRegion(face_model, device=device), occluders, settings, side)
