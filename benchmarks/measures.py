"""Landmark errors as the field measures them (equation 18), and the orders of points they need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

INNER = np.arange(17, 68)
# The 30 points of the CFP set among the 68, for the half of the face at the picture's left ...
HALF = np.r_[0:9, 17, 19, 21, 36:42, 27:31, 33, 32, 31, 48, 51, 62, 57, 66]
# ... and where each of the 68 goes in a mirrored face.
MIRROR = np.r_[
    16:-1:-1,
    26:16:-1,
    27:31,
    35:30:-1,
    45:41:-1,
    47,
    46,
    39:35:-1,
    41,
    40,
    54:47:-1,
    59:54:-1,
    64:59:-1,
    67:64:-1,
]


def box_size(points: Array) -> float:
    """Square root of the area of the points' box."""
    return float(np.sqrt(np.prod(points.max(0) - points.min(0))))


def nme(found: Array, true: Array, size: float) -> float:
    """Mean distance over the size, per cent."""
    return float(np.linalg.norm(found - true, axis=1).mean() / size * 100)


def align(found: Array, true: Array) -> Array:
    """`found` after the scale and shift that fit it best to `true`: the set's storage makes them unknown."""
    a, b = found - found.mean(0), true - true.mean(0)
    return np.asarray(a * ((a * b).sum() / (a * a).sum()) + true.mean(0))


def overlap(a: Array, b: Array) -> float:
    """IoU of the boxes of two point sets."""
    low, high = np.maximum(a.min(0), b.min(0)), np.minimum(a.max(0), b.max(0))
    inter = float(np.prod(np.maximum(high - low, 0)))
    return inter / (box_size(a) ** 2 + box_size(b) ** 2 - inter)
