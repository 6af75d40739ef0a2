"""Reference of csrc/ops/resize."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CELL = 64  # a mean counts 1 / CELL


def resize(
    image: NDArray[np.uint8], rows: int, columns: int, halvings: int, height: int, width: int
) -> NDArray[np.uint8]:
    """Means of 2**halvings squared pixels, then bilinear by rows and columns, in whole numbers."""
    side = 1 << halvings
    cells_y, cells_x = image.shape[0] // side, image.shape[1] // side
    whole = image[: cells_y * side, : cells_x * side].astype(np.int64)
    sums = whole.reshape(cells_y, side, cells_x, side, 3).sum((1, 3))
    cells = sums * CELL // side**2
    y, share_y = _taps(rows, cells_y)
    x, share_x = _taps(columns, cells_x)
    next_y, next_x = np.minimum(y + 1, cells_y - 1), np.minimum(x + 1, cells_x - 1)
    between = _toward(cells[y], cells[next_y], share_y[:, None, None])
    small = _toward(between[:, x], between[:, next_x], share_x[:, None])
    out = np.zeros((height, width, 4), np.uint8)
    out[:rows, :columns, :3] = (small + CELL // 2) // CELL
    return out


def _taps(pixels: int, cells: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cell before each pixel, and the share of the next one, of 32768."""
    at = np.clip((np.arange(pixels) + 0.5) * cells / pixels - 0.5, 0, cells - 1)
    before = np.floor(at)
    share = np.minimum(np.floor((at - before) * 32768 + 0.5), 32767)
    return before.astype(np.int64), share.astype(np.int64)


def _toward(a: NDArray[np.int64], b: NDArray[np.int64], share: NDArray[np.int64]) -> NDArray[np.int64]:
    return a + (((b - a) * share) >> 15)
