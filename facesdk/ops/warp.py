"""Crops of a picture (csrc/ops/warp)."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from facesdk.core.arrays import FloatArray, Picture
from facesdk.core.compiled import _core


def warp(
    image: Picture,
    matrix: FloatArray,
    size: int,
    *,
    normalize: bool = True,
    out: NDArray[Any] | None = None,
    threads: int = 1,
) -> NDArray[Any]:
    """Sample a square crop through an affine map: bilinear, black outside, one pass.

    Where the crop is coarser than the picture, a crop pixel is the mean of enough samples to skip none.

    Args:
        image: (H, W, 3) uint8 RGB.
        matrix: (2, 3), picture px -> crop px, pixel centres at whole numbers.
        size: side of the crop, px.
        normalize: return float planes instead of bytes.
        out: array of the result's shape and type to fill; None: a new one.
        threads: CPU threads.

    Returns:
        (3, size, size) float32 in 0..1, or (size, size, 3) uint8 if not normalize.
    """
    if normalize:
        return _core.warp_planes(image, matrix, size, out, threads)
    return _core.warp(image, matrix, size, out, threads)
