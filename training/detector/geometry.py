"""Faces under an affine map: pictures warped into a canvas with their boxes and points."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector.pack import LEVELS, Pack

Array = NDArray[Any]
FLIPPED = [1, 0, 2, 4, 3]  # the person's right and left change places in a mirror


def similarity(source: Array, target: Array, scale: float, degrees: float, flip: bool) -> Array:
    """The map (2, 3) that scales, mirrors and turns about `source` and puts it on `target`."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    if flip:
        turn[:, 0] *= -1
    return np.hstack([turn, (np.asarray(target) - turn @ source)[:, None]]).astype(np.float32)


def map_boxes(boxes: Array, matrix: Array) -> Array:
    """Boxes x y w h under the map -> x0 y0 x1 y1 (n, 4).

    A face fills its box as an ellipse does, so the new box is the ellipse's, not that of the four corners,
    which would grow by 40 % at 45 degrees.
    """
    half = boxes[:, 2:] / 2
    middle = (boxes[:, :2] + half) @ matrix[:, :2].T + matrix[:, 2]
    reach = np.sqrt((half[:, None] ** 2 * matrix[None, :, :2] ** 2).sum(-1))
    return np.concatenate([middle - reach, middle + reach], 1).astype(np.float32)


def map_points(points: Array, matrix: Array) -> Array:
    """Points (n, 5, 2) under the map, the person's sides exchanged where it mirrors."""
    mapped = points @ matrix[:, :2].T + matrix[:, 2]
    mirrored = np.linalg.det(matrix[:, :2]) < 0
    return np.asarray(mapped[:, FLIPPED] if mirrored else mapped, np.float32)


def warp(
    pack: Pack,
    i: int,
    matrix: Array,
    width: int,
    height: int,
    border: int,
    value: tuple[int, ...] = (0, 0, 0),
) -> NDArray[Any]:
    """Picture i of the pack under the map, from the pyramid level nearest above the needed scale."""
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    k = int(np.clip(np.floor(np.log2(1.15 / max(scale, 1e-3))), 0, LEVELS - 1))
    level = pack.level(i, k)
    h, w = pack.shape[i, 0]
    # pixel centres at integers: p = (q + 0.5) * ratio - 0.5 for level pixel q
    ratio = np.array([w / level.shape[1], h / level.shape[0]], np.float32)
    adjusted = matrix.copy()
    adjusted[:, :2] *= ratio
    adjusted[:, 2] += matrix[:, :2] @ (0.5 * ratio - 0.5)
    return np.asarray(
        cv2.warpAffine(
            level, adjusted, (width, height), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=value
        ),
        np.uint8,
    )


def box_overlaps(box: Array, others: Array) -> Array:
    """Intersection over union of a box x0 y0 x1 y1 (4,) with each of (n, 4)."""
    one, every = np.asarray(box, float), np.asarray(others, float).reshape(-1, 4)
    sides = np.minimum(one[2:], every[:, 2:]) - np.maximum(one[:2], every[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    union = np.prod(one[2:] - one[:2]) + np.prod(every[:, 2:] - every[:, :2], axis=1) - shared
    return np.asarray(shared / np.maximum(union, 1e-6))


def visible(boxes: Array, width: int, height: int) -> Array:
    """Share of each box x0 y0 x1 y1 that lies in the rectangle (n,)."""
    w = np.minimum(boxes[:, 2], width) - np.maximum(boxes[:, 0], 0)
    h = np.minimum(boxes[:, 3], height) - np.maximum(boxes[:, 1], 0)
    area = np.maximum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 1e-3)
    return np.asarray(np.maximum(w, 0) * np.maximum(h, 0) / area, np.float32)
