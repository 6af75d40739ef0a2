"""Reference of csrc/ops/warp."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesdk.core.arrays import FloatArray


def warp(
    image: NDArray[np.uint8],
    matrix: FloatArray,
    size: int,
    *,
    normalize: bool = True,
    out: NDArray[Any] | None = None,
    threads: int = 1,
) -> NDArray[Any]:
    """Bilinear samples of the picture, reduced first by a whole number where the crop is coarser."""
    inverse = np.linalg.inv(np.vstack([matrix.astype(np.float64), [0, 0, 1]]))[:2]
    shrink = np.sqrt(abs(np.linalg.det(inverse[:, :2])))
    factor = int(np.clip(np.ceil(shrink / 1.75 - 1e-6), 1, 16))
    inverse = inverse / factor - [[0, 0, 0.5 * (factor - 1) / factor]]
    rows, columns = np.mgrid[0:size, 0:size]
    grid = np.stack([columns, rows, np.ones((size, size))], axis=-1)
    mixed = _bilinear(_reduced(image, factor), *np.moveaxis(grid @ inverse.T, -1, 0))
    result: NDArray[Any]
    if normalize:
        result = np.ascontiguousarray(np.moveaxis(mixed / 255, -1, 0), dtype=np.float32)
    else:
        result = np.floor(mixed + 0.5).astype(np.uint8)
    if out is not None:
        out[...] = result
        return out
    return result


def _reduced(image: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Means of factor x factor pixels, black outside, rounded to bytes."""
    height, width = (-(-side // factor) * factor for side in image.shape[:2])
    padded = np.zeros((height, width, 3), np.int64)
    padded[: image.shape[0], : image.shape[1]] = image
    cells = padded.reshape(height // factor, factor, width // factor, factor, 3).sum((1, 3))
    result: NDArray[np.uint8] = ((cells + factor**2 // 2) // factor**2).astype(np.uint8)
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
