"""Patches without brightness and contrast (csrc/ops/sample_normalized_patch)."""

from __future__ import annotations

from facesdk.core.arrays import FloatArray
from facesdk.core.compiled import _core


def sample_normalized_patch(
    gray: FloatArray,
    center: tuple[float, float],
    right: tuple[float, float],
    *,
    mirrored: bool,
    across: int,
    down: int,
    flat: float,
) -> FloatArray:
    """Sample a turned rectangle bilinearly, subtract its mean and divide by its deviation.

    Args:
        gray: (S, S), 0..1; beyond it, its border.
        center: of the rectangle, px.
        right: from the centre to the middle of the right side, px; down is right turned clockwise by a
            quarter or, mirrored, against it.
        mirrored: flip the rectangle.
        across: samples from side to side.
        down: samples from top to bottom.
        flat: added to the standard deviation, 0..1, so that noise is not amplified.

    Returns:
        (down, across) float32.
    """
    return _core.sample_normalized_patch(gray, *center, *right, mirrored, across, down, flat)
