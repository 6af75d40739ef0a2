"""Calibration inputs: training crops, bare or behind occluders, and training scenes; none held out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from export.parity import HELD_OUT, load_augment
from facesdk.detect import letterbox, resize
from training.augmentation.augment import Jitter
from training.detector.compose import is_held_out, is_held_out_photo
from training.detector.pack import Pack
from training.occlusion.batches import MaskBatches

FloatArray = NDArray[np.float32]
DETECTOR_LONG_SIDES = (640, 320, 224)  # px; of pictures as the detector gets them


def training_crops(shards: Path, size: int, count: int, seed: int = 0) -> FloatArray:
    """Draw augmented training crops of people that are not held out, (count, 3, size, size) in 0..1."""
    augment = load_augment(shards)
    rows = augment.shards.split(HELD_OUT)[0]
    picks = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:count]]
    crops: FloatArray = augment.draw(picks, size, Jitter(), None).crops.numpy()
    return crops


def covered_crops(batches: MaskBatches, count: int) -> FloatArray:
    """Draw training crops behind occluders, some bare, (count, 3, 128, 128) in 0..1."""
    drawn: list[FloatArray] = []
    while sum(len(crops) for crops in drawn) < count:
        drawn.append(batches.draw().crops.numpy())
    return np.concatenate(drawn)[:count]


def training_scenes(pack: Path, count: int) -> Iterator[FloatArray]:
    """Yield training scenes, then pictures of single faces, as the detector's input (1, 3, H, W) in 0..1."""
    for part in ("scenes", "faces"):
        pictures = Pack(pack / part)
        chosen = [i for i in range(len(pictures)) if not (is_held_out(i) or is_held_out_photo(i))]
        for k, i in enumerate(chosen[:: max(1, len(chosen) // count)][:count]):
            image = np.ascontiguousarray(pictures.level(i, 0)[..., ::-1])
            side = DETECTOR_LONG_SIDES[k % len(DETECTOR_LONG_SIDES)]
            resized = resize(image, letterbox(image.shape[0], image.shape[1], side))
            yield np.ascontiguousarray(resized.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
