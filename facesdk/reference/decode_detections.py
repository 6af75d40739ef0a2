"""What a detector's cells say."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import FloatArray

STRIDES = (8, 16, 32)
PRIOR = 4.0


def decode_detections(
    raw: FloatArray, height: int, width: int, threshold: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Boxes, scores, points and rolls of the cells over the threshold."""
    logit = np.log(threshold / (1 - threshold))
    chosen = np.flatnonzero(raw[:, 0] > logit)
    columns = [width // s for s in STRIDES]
    counts = [(height // s) * c for s, c in zip(STRIDES, columns, strict=True)]
    level = np.searchsorted(np.cumsum(counts), chosen, side="right")
    index = chosen - (np.cumsum(counts) - counts)[level]
    stride = np.array(STRIDES, np.float32)[level][:, None]
    y, x = np.divmod(index, np.array(columns)[level])
    centre = np.stack([x, y], 1).astype(np.float32) * stride + (stride - 1) / 2
    rows = raw[chosen]
    middle = centre + rows[:, 1:3] * stride
    half = 0.5 * PRIOR * stride * np.exp(np.clip(rows[:, 3:5], -4, 4))
    points = centre[:, None] + rows[:, 5:].reshape(-1, 5, 2) * stride[:, None]
    points = _float(points)
    scores = 1 / (1 + np.exp(-rows[:, 0]))
    boxes = np.concatenate([middle - half, middle + half], 1)
    return _float(boxes), _float(scores), points, _roll(points)


def _roll(points: FloatArray) -> FloatArray:
    """Roll in degrees of each five points (N, 5, 2): from the mouth's middle up to the eyes' middle and
    along the eyes, whichever is longer, so that a profile, whose eyes nearly meet, has a roll too."""
    across = points[:, 1] - points[:, 0] + points[:, 4] - points[:, 3]
    up = points[:, :2].mean(1) - points[:, 3:].mean(1)
    by_eyes = np.arctan2(across[:, 1], across[:, 0])
    by_height = np.arctan2(up[:, 0], -up[:, 1])
    frontal = np.clip(np.linalg.norm(across, axis=1) / 2 / (np.linalg.norm(up, axis=1) + 1e-6), 0, 1)
    difference = np.angle(np.exp(1j * (by_eyes - by_height)))
    return _float(np.degrees(by_height + frontal * difference))


def _float(array: npt.NDArray[Any]) -> FloatArray:
    return np.asarray(array, np.float32)
