"""Twin of csrc/warp."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def warp(
    image: NDArray[np.uint8],
    matrix: FloatArray,
    size: int,
    *,
    normalize: bool = True,
    out: NDArray[Any] | None = None,
    threads: int = 1,
) -> NDArray[Any]:
    """Four taps around the picture point of every crop pixel; taps outside the picture are black."""
    full = np.vstack([matrix.astype(np.float64), [0, 0, 1]])
    inverse = np.linalg.inv(full)
    rows, columns = np.mgrid[0:size, 0:size]
    grid = np.stack([columns, rows, np.ones_like(rows)], axis=-1).astype(np.float64)
    x, y = np.moveaxis(grid @ inverse[:2].T, -1, 0)
    left, top = np.floor(x), np.floor(y)
    wx, wy = (x - left)[..., None], (y - top)[..., None]

    def tap(dx: int, dy: int) -> NDArray[np.float64]:
        tx, ty = left + dx, top + dy
        inside = (tx >= 0) & (tx < image.shape[1]) & (ty >= 0) & (ty < image.shape[0])
        safe_x, safe_y = np.where(inside, tx, 0).astype(int), np.where(inside, ty, 0).astype(int)
        return np.where(inside[..., None], image[safe_y, safe_x].astype(np.float64), 0.0)

    upper = tap(0, 0) * (1 - wx) + tap(1, 0) * wx
    lower = tap(0, 1) * (1 - wx) + tap(1, 1) * wx
    mixed = upper * (1 - wy) + lower * wy
    result: NDArray[Any]
    if normalize:
        result = np.ascontiguousarray(np.moveaxis(mixed / 255, -1, 0), dtype=np.float32)
    else:
        result = np.floor(mixed + 0.5).astype(np.uint8)
    if out is not None:
        out[...] = result
        return out
    return result
