"""Small meshes and cameras that the tests of the ops share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]

FRONTAL = np.diag([1, -1, -1]).astype(np.float32)  # face frame -> camera frame for a frontal face


def sphere(rings: int = 12, segments: int = 24, radius_mm: float = 100.0) -> tuple[FloatArray, IntArray]:
    """A closed sphere about the origin; triangles counter-clockwise seen from outside."""
    theta = np.pi * np.arange(1, rings) / rings
    phi = 2 * np.pi * np.arange(segments) / segments
    ring = np.stack(
        [
            np.outer(np.sin(theta), np.cos(phi)),
            np.outer(np.cos(theta), np.ones_like(phi)),
            -np.outer(np.sin(theta), np.sin(phi)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    verts = radius_mm * np.concatenate([[[0, 1, 0]], ring, [[0, -1, 0]]])
    triangles = []
    for i in range(segments):
        j = (i + 1) % segments
        triangles.append([0, 1 + i, 1 + j])
        for r in range(rings - 2):
            a, b = 1 + r * segments + i, 1 + r * segments + j
            triangles += [[a, a + segments, b], [b, a + segments, b + segments]]
        last = 1 + (rings - 2) * segments
        triangles.append([last + i, len(verts) - 1, last + j])
    return verts.astype(np.float32), np.array(triangles, np.int32)


def camera(size: int, focal: float) -> FloatArray:
    """Intrinsics of a square picture, looking at its centre."""
    centre = (size - 1) / 2
    return np.array([[focal, 0, centre], [0, focal, centre], [0, 0, 1]], np.float32)


def rotation(rng: np.random.Generator) -> FloatArray:
    """A random proper rotation."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q *= np.sign(np.diag(r))
    q[:, 0] *= np.linalg.det(q)
    return q.astype(np.float32)


def soup(rng: np.random.Generator, verts: int, triangles: int, size: float) -> tuple[FloatArray, IntArray]:
    """Random triangles over a picture, of all sizes and both orientations: points (x px, y px, depth mm)."""
    points = rng.uniform(-0.3 * size, 1.3 * size, (verts, 3))
    points[:, 2] = rng.uniform(500, 2000, verts)
    half = points[: verts // 2]
    points[verts // 2 : verts // 2 + len(half)] = half + rng.normal(size=half.shape) * [1.5, 1.5, 30]
    index = rng.integers(0, verts, (triangles, 3))
    near = rng.integers(0, verts // 2, triangles // 2)
    index[: triangles // 2, 0], index[: triangles // 2, 1] = near, near + verts // 2
    return points.astype(np.float32), index.astype(np.int32)


def grid_mesh(rows: int, columns: int) -> tuple[FloatArray, IntArray]:
    """A flat grid in the plane z = 0, one millimetre apart."""
    y, x = np.mgrid[0:rows, 0:columns]
    verts = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1)
    lower = np.stack([corner, corner + 1, corner + columns], axis=1)
    upper = np.stack([corner + 1, corner + columns + 1, corner + columns], axis=1)
    return verts, np.concatenate([lower, upper]).astype(np.int32)


def subdivision(rng: np.random.Generator, verts: int, controls: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Sparse rows that add up to 1, of 1 to 7 entries."""
    counts = rng.integers(1, 8, verts)
    ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    idx = rng.integers(0, controls, ptr[-1]).astype(np.int32)
    val = rng.uniform(0.1, 1, ptr[-1])
    val /= np.repeat(np.add.reduceat(val, ptr[:-1]), counts)
    return ptr, idx, val.astype(np.float32)
