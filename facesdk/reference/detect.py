"""NumPy reference of csrc/pipeline/detect, letterbox and non_max_suppression."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from facesdk.core.arrays import FloatArray, IntArray, Picture
from facesdk.reference.decode_detections import decode_detections
from facesdk.reference.resize import resize

LARGEST_FULL = 190.0  # px as the network sees it; larger faces are left to the reduced size
SMALLEST_REDUCED = 40.0  # px at the reduced size; smaller ones are left to the full size
REDUCTION = 3.0
CERTAIN = 0.8  # score of a face that needs no second inference pass
RETRY_ZOOM = 1.6
LARGEST_ZOOM, MOST_HALVINGS = 3.0, 8

Cells = Callable[[Picture], FloatArray]  # the network: (H, W, 3) uint8 -> (cells, 15)


class Found(NamedTuple):
    """Faces in pixels of the picture."""

    boxes: FloatArray  # (N, 4)
    scores: FloatArray  # (N,)
    points: FloatArray  # (N, 5, 2)
    roll_deg: FloatArray  # (N,)

    def take(self, chosen: IntArray) -> Found:
        """Those with the given numbers, in their order."""
        return Found(*(array[chosen] for array in self))


class Letterbox(NamedTuple):
    """How a picture is resized."""

    rows: int
    columns: int
    halvings: int
    height: int
    width: int
    scale: tuple[float, float]


def letterbox(height: int, width: int, side: int) -> Letterbox:
    """How a picture height x width comes to the given long side: means of 2^k px, then bilinearly."""
    zoom = min(side / max(height, width), LARGEST_ZOOM)
    rows, columns = max(1, round(height * zoom)), max(1, round(width * zoom))
    halvings = min(max(0, int(math.log2(min(width / columns, height / rows) + 1e-9))), MOST_HALVINGS)
    height, width = height >> halvings << halvings, width >> halvings << halvings
    rows, columns = max(1, round(height * zoom)), max(1, round(width * zoom))
    scale = (columns / width, rows / height)
    return Letterbox(rows, columns, halvings, -(-rows // 32) * 32, -(-columns // 32) * 32, scale)


def non_max_suppression(boxes: FloatArray, scores: FloatArray, max_overlap: float) -> IntArray:
    """Numbers of the boxes (N, 4) kept, highest score first: each overlaps every one kept before by at most
    `max_overlap` (intersection over union)."""
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable").tolist():
        if all(_overlap(boxes[i], boxes[k]) <= max_overlap for k in kept):
            kept.append(i)
    return np.array(kept, np.int32)


def detect(
    cells: Cells,
    image: Picture,
    long_side: int = 608,
    min_score: float = 0.5,
    max_overlap: float = 0.4,
    single: bool = False,
    retry: bool = True,
) -> Found:
    """At `long_side` and, for faces that fill the picture, at a third of it; the most prominent first."""
    found = _both(cells, image, long_side, min_score, max_overlap, single)
    if retry and not len(found.scores):
        found = _both(cells, image, int(long_side * RETRY_ZOOM), min_score, max_overlap, False)
    return _by_prominence(found)


def detect_fast(
    cells: Cells, image: Picture, long_side: int = 608, min_score: float = 0.5, max_overlap: float = 0.4
) -> Found:
    """Large faces of a high score at half the resolution."""
    return _by_prominence(_reduced(cells, image, long_side // 2, max(CERTAIN, min_score), max_overlap))


def _both(
    cells: Cells, image: Picture, side: int, min_score: float, max_overlap: float, single: bool
) -> Found:
    if single:
        half = _reduced(cells, image, side // 2, min_score, max_overlap)
        if (half.scores >= CERTAIN).any():
            return half
    reduced = _reduced(cells, image, round(side / REDUCTION), min_score, max_overlap)
    full = _at(cells, image, side, 0.0, LARGEST_FULL, min_score)
    both = Found(*(np.concatenate(pair) for pair in zip(full, reduced, strict=True)))
    return both.take(non_max_suppression(both.boxes, both.scores, max_overlap))


def _reduced(cells: Cells, image: Picture, side: int, min_score: float, max_overlap: float) -> Found:
    found = _at(cells, image, max(64, side), SMALLEST_REDUCED, np.inf, min_score)
    return found.take(non_max_suppression(found.boxes, found.scores, max_overlap))


def _at(cells: Cells, image: Picture, side: int, smallest: float, largest: float, min_score: float) -> Found:
    """One inference pass; faces whose size at the network's input is in the range."""
    box = letterbox(image.shape[0], image.shape[1], side)
    pixels = resize(image, box.rows, box.columns, box.halvings, box.height, box.width)[..., :3]
    boxes, scores, points, roll = decode_detections(cells(pixels), box.height, box.width, min_score)
    size = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
    keep = (size >= smallest) & (size < largest)
    # Pixel centres are integers: p -> (p + 0.5) / scale - 0.5.
    scale = np.array(box.scale, np.float32)
    shift = np.float32(0.5) / scale - np.float32(0.5)
    corners = boxes[keep].reshape(-1, 2, 2) / scale + shift
    return Found(corners.reshape(-1, 4), scores[keep], points[keep] / scale + shift, roll[keep])


def _by_prominence(found: Found) -> Found:
    sides = found.boxes[:, 2:] - found.boxes[:, :2]
    order = np.argsort(-found.scores * np.sqrt(np.prod(sides, axis=1)), kind="stable")
    return found.take(order.astype(np.int32))


def _overlap(a: FloatArray, b: FloatArray) -> float:
    """Intersection over union of two boxes."""
    first, second = a.astype(float), b.astype(float)
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    if not (sides > 0).all():
        return 0.0
    shared = float(np.prod(sides))
    union = float(np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2])) - shared
    return shared / union
