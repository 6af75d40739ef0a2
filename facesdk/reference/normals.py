"""Reference of csrc/ops/normals."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import FloatArray, IntArray


def normals(verts: FloatArray, triangles: IntArray, *, threads: int = 1) -> FloatArray:
    """Sum of the triangles' cross products at each vertex, made unit length; zero where there is no area."""
    a, b, c = (verts[triangles[:, corner]] for corner in range(3))
    cross = np.cross(b - a, c - a)
    out = np.zeros_like(verts)
    np.add.at(out, triangles.reshape(-1), np.repeat(cross, 3, axis=0))
    length = np.linalg.norm(out, axis=1, keepdims=True)
    unit: FloatArray = np.divide(out, length, out=np.zeros_like(out), where=length > 0)
    return unit
