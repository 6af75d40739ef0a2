"""Reference of csrc/ops/sample_normalized_patch."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import FloatArray


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
    """Bilinear on a turned grid, then normalised."""
    (hx, hy), size = right, len(gray)
    dx, dy = (hy, -hx) if mirrored else (-hy, hx)
    u, v = np.meshgrid(np.linspace(-1, 1, across), np.linspace(-1, 1, down) * down / across)
    x = np.clip(center[0] + u * hx + v * dx, 0, size - 1.001)
    y = np.clip(center[1] + u * hy + v * dy, 0, size - 1.001)
    left, top = x.astype(int), y.astype(int)
    across_by, down_by = x - left, y - top
    above = gray[top, left] * (1 - across_by) + gray[top, left + 1] * across_by
    below = gray[top + 1, left] * (1 - across_by) + gray[top + 1, left + 1] * across_by
    seen = above * (1 - down_by) + below * down_by
    return np.asarray((seen - seen.mean()) / (seen.std(ddof=1) + flat), np.float32)
