"""Letterboxed pictures for the detector (csrc/ops/resize)."""

from __future__ import annotations

from facesdk.core.arrays import Picture
from facesdk.core.compiled import _core


def resize(image: Picture, rows: int, columns: int, halvings: int, height: int, width: int) -> Picture:
    """Resize a picture into the upper left of a black one.

    Args:
        image: (H, W, 3) uint8.
        rows: of the resized picture.
        columns: of the resized picture.
        halvings: 0 to 8; the picture is first halved so often, by means of 2 x 2 pixels from the upper left,
            then resized bilinearly, pixel centres half way.
        height: of the result.
        width: of the result.

    Returns:
        (height, width, 4) uint8, the last channel 0.
    """
    return _core.resize(image, rows, columns, halvings, height, width)
