"""Photos for calibration and comparison: those of the training sets, or variants of the bundled one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from facesdk import manifest
from facesdk.core.arrays import Picture
from facesdk.io.image import load_photo

SETS = (  # of single faces
    "lfw", "humans_web", "mtfl", "aflw_merl", "cfp", "utkface", "youtube_faces", "web_mixed", "fasseg",
    "car_yawn", "london_faces", "aflw_turned", "helen_afw", "masked_faces", "celebamask",
)  # fmt: skip
MAX_MEGAPIXELS = 64.0


def training_photos(train: Path, count: int) -> list[Path]:
    """Choose photos of the training sets, a like number of each set, spread evenly over it.

    Args:
        train: folder of sets, each with images/.
        count: photos wanted; fewer where there are no more.

    Returns:
        Paths, set after set in turn, so that any part of the list is mixed.

    Raises:
        FileNotFoundError: no set has a photo.
    """
    listed = [sorted((train / name / "images").glob("*")) for name in SETS]
    present = [files for files in listed if files]
    if not present:
        raise FileNotFoundError(
            f"{train}: got no photos in <set>/images, expected sets as {', '.join(SETS[:3])}"
        )
    each = -(-count // len(present))
    spread = [_spread(files, min(each, len(files))) for files in present]
    rounds = itertools.zip_longest(*spread)
    return [path for row in rounds for path in row if path is not None][:count]


def _spread(files: list[Path], count: int) -> list[Path]:
    return [files[i * len(files) // count] for i in range(count)]


def read_photos(paths: list[Path]) -> Iterator[Picture]:
    """Yield the photos as RGB pictures (H, W, 3) uint8."""
    for path in paths:
        yield load_photo(path, max_megapixels=MAX_MEGAPIXELS, allow_truncated=False).picture


def sample_variants(count: int, seed: int = 0) -> Iterator[Picture]:
    """Yield the bundled photo turned, scaled, moved, lit, blurred and with noise, (512, 512, 3) uint8."""
    sample = next(read_photos([manifest.asset_path(manifest.SAMPLE)]))
    height, width = sample.shape[:2]
    rng = np.random.default_rng(seed)
    for _ in range(count):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 4), rng.uniform(-25, 25), rng.uniform(0.6, 1.4))
        matrix = matrix + np.append(np.zeros((2, 2)), rng.uniform(-30, 30, (2, 1)), axis=1)
        turned = cv2.warpAffine(sample, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
        moved: Picture = np.asarray(turned, np.uint8)
        if rng.random() < 0.5:
            moved = np.asarray(cv2.GaussianBlur(moved, (0, 0), rng.uniform(0.3, 1.5)), np.uint8)
        light = moved * rng.uniform(0.6, 1.3) + rng.normal(0, 4, moved.shape)
        if rng.random() < 0.5:
            light = light[:, ::-1]
        yield np.ascontiguousarray(np.clip(light, 0, 255).astype(np.uint8))
