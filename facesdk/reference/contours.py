"""Reference of csrc/ops/contours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLUR = np.array([1, 5, 14, 31, 49, 56, 49, 31, 14, 5, 1])  # a Gaussian of 1.8 px, 256ths
BITS = 4  # kept of a smoothed gray level behind its point
WEAK, STRONG = 20 << BITS, 40 << BITS
TANGENT = 13573  # of 22.5 degrees, 2^15ths


def contours(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Canny's detector (1986) in integers; gray (H, W), 1 on a contour."""
    height, width = gray.shape
    reach = len(BLUR) // 2
    smooth = gray.astype(np.int64)
    for axis, size in enumerate((height, width)):
        at = np.arange(-reach, size + reach)
        at = np.where(at < 0, -at, np.where(at >= size, 2 * (size - 1) - at, at)).clip(0, size - 1)
        windows = np.lib.stride_tricks.sliding_window_view(np.take(smooth, at, axis), len(BLUR), axis)
        smooth = windows @ BLUR
    smooth = np.pad((smooth + (1 << (15 - BITS))) >> (16 - BITS), 1, mode="edge")
    columns = smooth[:, 2:] - smooth[:, :-2]
    rows = smooth[2:] - smooth[:-2]
    dx = columns[:-2] + 2 * columns[1:-1] + columns[2:]
    dy = rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]
    square = np.pad(dx * dx + dy * dy, 1)
    x, y = np.abs(dx), np.abs(dy) << 15
    level, upright = y < TANGENT * x, y > TANGENT * x + (x << 16)
    step_x = np.where(level, 1, np.where(upright, 0, np.where((dx < 0) == (dy < 0), 1, -1)))
    step_y = np.where(level, 0, 1)
    row, column = np.mgrid[1 : height + 1, 1 : width + 1]
    here, inner = square[1:-1, 1:-1], (row, column)
    before, after = (square[inner[0] + s * step_y, inner[1] + s * step_x] for s in (-1, 1))
    crest = (here > WEAK**2) & (here > before) & (here >= after)
    found = crest & (here > STRONG**2)
    while True:
        near = np.lib.stride_tricks.sliding_window_view(np.pad(found, 1), (3, 3)).any(axis=(2, 3))
        grown = crest & near
        if (grown == found).all():
            return np.asarray(found, np.uint8)
        found = grown
