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
    """Bilinear samples of the picture, as many per crop pixel as leave no picture pixel out."""
    inverse = np.linalg.inv(np.vstack([matrix.astype(np.float64), [0, 0, 1]]))
    shrink = np.sqrt(abs(np.linalg.det(inverse[:2, :2])))
    taps = int(np.clip(np.ceil(shrink / 1.75 - 1e-6), 1, 16))
    offsets = (np.arange(taps) + 0.5) / taps - 0.5
    rows, columns = np.mgrid[0:size, 0:size]
    mixed = np.zeros((size, size, 3))
    for dy in offsets:
        for dx in offsets:
            grid = np.stack([columns + dx, rows + dy, np.ones((size, size))], axis=-1)
            mixed += _bilinear(image, *np.moveaxis(grid @ inverse[:2].T, -1, 0)) / taps**2
    result: NDArray[Any]
    if normalize:
        result = np.ascontiguousarray(np.moveaxis(mixed / 255, -1, 0), dtype=np.float32)
    else:
        result = np.floor(mixed + 0.5).astype(np.uint8)
    if out is not None:
        out[...] = result
        return out
    return result


def _bilinear(
    image: NDArray[np.uint8], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Four taps around each point; taps outside the picture are black."""
    left, top = np.floor(x), np.floor(y)
    wx, wy = (x - left)[..., None], (y - top)[..., None]

    def tap(dx: int, dy: int) -> NDArray[np.float64]:
        tx, ty = left + dx, top + dy
        inside = (tx >= 0) & (tx < image.shape[1]) & (ty >= 0) & (ty < image.shape[0])
        safe_x, safe_y = np.where(inside, tx, 0).astype(int), np.where(inside, ty, 0).astype(int)
        return np.where(inside[..., None], image[safe_y, safe_x].astype(np.float64), 0.0)

    upper = tap(0, 0) * (1 - wx) + tap(1, 0) * wx
    lower = tap(0, 1) * (1 - wx) + tap(1, 1) * wx
    mixed: NDArray[np.float64] = upper * (1 - wy) + lower * wy
    return mixed
