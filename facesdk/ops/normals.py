"""Vertex normals (csrc/ops/normals)."""

from __future__ import annotations

from facesdk.core.arrays import FloatArray, IntArray
from facesdk.core.compiled import _core


def normals(verts: FloatArray, triangles: IntArray, *, threads: int = 1) -> FloatArray:
    """Compute area-weighted vertex normals, pointing outside.

    Args:
        verts: (V, 3) mm, any frame.
        triangles: (T, 3) int32, counter-clockwise seen from outside.
        threads: CPU threads.

    Returns:
        (V, 3) float32, unit length, in the frame of verts; the zero vector where a vertex has no triangle.
    """
    return _core.normals(verts, triangles, threads)
