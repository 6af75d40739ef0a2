"""Reference of csrc/ops/rasterize."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facesdk.core.arrays import FloatArray, IntArray

SUB = 4096  # points are snapped to 1/4096 px; coverage is exact from there on
GUARD_PX = 131072.0
NEAR_MM = 1e-6


def rasterize(
    points: FloatArray,
    triangles: IntArray,
    height: int,
    width: int,
    *,
    colors: FloatArray | None = None,
    want: Sequence[str] = ("color", "depth", "triangle", "bary"),
    cull: bool = True,
    threads: int = 1,
) -> tuple[FloatArray | None, FloatArray | None, IntArray | None, FloatArray | None]:
    """Triangle after triangle over the pixels of its box; the fields of `facesdk.ops.Raster` in order."""
    drawable = (
        (np.abs(points[:, :2]) < GUARD_PX).all(axis=1) & (points[:, 2] > NEAR_MM) & (points[:, 2] < 3e38)
    )
    safe = np.where(drawable[:, None], points, np.float32(1))
    fixed = np.rint(safe[:, :2] * np.float32(SUB)).astype(np.int64)
    inverse = np.float32(1) / safe[:, 2]

    nearest = np.zeros((height, width), np.float32)
    triangle = np.full((height, width), -1, np.int32)
    screen = np.zeros((height, width, 2), np.float32)
    for index, corners in enumerate(triangles):
        if drawable[corners].all():
            _draw(index, fixed[corners], inverse[corners], cull, nearest, triangle, screen)

    hit = triangle >= 0
    corners = triangles[triangle[hit]]
    depth = np.zeros((height, width), np.float32)
    depth[hit] = np.float32(1) / nearest[hit]
    bary = np.zeros((height, width, 3), np.float32)
    bary[hit, 1:] = screen[hit] * inverse[corners[:, 1:]] * depth[hit, None]
    bary[hit, 0] = 1 - bary[hit, 1] - bary[hit, 2]
    color = None
    if colors is not None and "color" in want:
        c0, c1, c2 = (colors[corners[:, corner]] for corner in range(3))
        color = np.zeros((height, width, 3), np.float32)
        color[hit] = c0 + bary[hit, 1:2] * (c1 - c0) + bary[hit, 2:3] * (c2 - c0)
    return (
        color,
        depth if "depth" in want else None,
        triangle if "triangle" in want else None,
        bary if "bary" in want else None,
    )


def _draw(
    index: int,
    fixed: NDArray[np.int64],
    inverse: FloatArray,
    cull: bool,
    nearest: FloatArray,
    triangle: IntArray,
    screen: FloatArray,
) -> None:
    """One triangle. In y-down pixels a triangle that faces the camera has a negative area."""
    order = [0, 1, 2]
    area = _edge(fixed[0], fixed[1], *fixed[2])
    if area == 0 or (area > 0 and cull):
        return
    if area < 0:
        order, area = [0, 2, 1], -area
    low = np.maximum(-(-fixed.min(axis=0) // SUB), 0)
    high = np.minimum(fixed.max(axis=0) // SUB, [nearest.shape[1] - 1, nearest.shape[0] - 1])
    if (low > high).any():
        return
    window = np.s_[low[1] : high[1] + 1, low[0] : high[0] + 1]
    y, x = np.mgrid[window].astype(np.int64) * SUB

    inside = np.ones(x.shape, bool)
    weight = np.zeros((*x.shape, 3), np.float32)
    for corner in range(3):
        start, end = fixed[order[(corner + 1) % 3]], fixed[order[(corner + 2) % 3]]
        value = _edge(start, end, x, y)
        owned = end[1] < start[1] or (end[1] == start[1] and end[0] > start[0])
        inside &= (value > 0) | ((value == 0) & bool(owned))
        weight[..., order[corner]] = value.astype(np.float32) * (np.float32(1) / np.float32(area))
    w = inverse[0] + weight[..., 1] * (inverse[1] - inverse[0]) + weight[..., 2] * (inverse[2] - inverse[0])
    won = inside & (w > nearest[window])
    nearest[window][won] = w[won]
    triangle[window][won] = index
    screen[window][won] = weight[won][:, 1:]


def _edge(
    a: NDArray[np.int64], b: NDArray[np.int64], x: NDArray[np.int64], y: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Twice the signed area of (a, b, (x, y)), exact."""
    area: NDArray[np.int64] = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
    return area
