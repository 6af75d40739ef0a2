"""What is put in front of training faces, in one file that travels with the shards.

`masks` (m, 128, 128, 4) uint8 RGBA, `anchors` (m, 6, 2) in -1..1 of a mask's picture, `side` (m,) -1, 0 or 1
for the heads it is meant for; `hands` (h, 96, 96, 4) uint8 RGBA; `textures` (t, 64, 64, 3) uint8 RGB.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.options import OccludersFolder, Out

MASK, HAND, TEXTURE = 128, 96, 64
HANDS = 300


def masks(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int8]]:
    """Templates with six anchors, their anchors, and the side of a turned head that each is for."""
    pictures, anchors, sides = [], [], []
    for name, points in sorted(json.loads((folder / "mask_points.json").read_text()).items()):
        picture = _rgba(folder / name)
        height, width = picture.shape[:2]
        place = (np.array(points, np.float32) + 0.5) / (width, height) * 2 - 1
        pictures.append(cv2.resize(picture, (MASK, MASK), interpolation=cv2.INTER_AREA))
        anchors.append(place)
        sides.append(-1 if "_left" in name else 1 if "_right" in name else 0)
    return np.array(pictures, np.uint8), np.array(anchors, np.float32), np.array(sides, np.int8)


def hands(folder: Path) -> NDArray[np.uint8]:
    """Hands cut out, each padded to a square."""
    out = []
    files = sorted((folder / "rgb").glob("*.*"))
    for file in files[:: max(1, len(files) // HANDS)][:HANDS]:
        colour = np.asarray(cv2.imread(str(file)))[:, :, ::-1]
        alpha = np.asarray(cv2.imread(str(folder / "alpha" / f"{file.stem}.png"), cv2.IMREAD_GRAYSCALE))
        height, width = alpha.shape
        square = np.zeros((max(height, width),) * 2 + (4,), np.uint8)
        top, left = (len(square) - height) // 2, (len(square) - width) // 2
        square[top : top + height, left : left + width] = np.dstack([colour, alpha])
        out.append(cv2.resize(square, (HAND, HAND), interpolation=cv2.INTER_AREA))
    return np.array(out, np.uint8)


def textures(folder: Path) -> NDArray[np.uint8]:
    """The middle square of each texture."""
    out = []
    for file in sorted(folder.glob("*.webp")):
        picture = np.asarray(cv2.imread(str(file)))[:, :, ::-1]
        side = min(picture.shape[:2])
        top, left = ((n - side) // 2 for n in picture.shape[:2])
        middle = np.ascontiguousarray(picture[top : top + side, left : left + side])
        out.append(cv2.resize(middle, (TEXTURE, TEXTURE), interpolation=cv2.INTER_AREA))
    return np.array(out, np.uint8)


def _rgba(file: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(file), cv2.IMREAD_UNCHANGED))[:, :, [2, 1, 0, 3]]


def pack_cutouts(occluders: OccludersFolder, out: Out) -> None:
    """Pack masks with their anchors, hands and textures: SHARDS/cutouts.npz."""
    pictures, anchors, side = masks(occluders / "templates")
    np.savez_compressed(
        out,
        masks=pictures,
        anchors=anchors,
        side=side,
        hands=hands(occluders / "hands"),
        textures=textures(occluders / "textures"),
    )
    print(f"{len(pictures)} masks, {out.stat().st_size / 1e6:.1f} MB")
