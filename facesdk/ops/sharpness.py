"""Sharpness of a crop (csrc/ops/sharpness)."""

from __future__ import annotations

from facesdk.core.arrays import FloatArray
from facesdk.core.compiled import _core


def sharpness(gray: FloatArray) -> float:
    """Measure the mean absolute Laplacian over four times the standard deviation.

    Args:
        gray: (S, S), 0..1; a fifth on every side is left out.

    Returns:
        The ratio; 0 where the standard deviation is below 0.001.
    """
    return _core.sharpness(gray)
