"""Landmark errors as the field measures them (equation 18), and the orders of points they need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


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
