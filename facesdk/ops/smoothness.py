"""Smoothness of a mesh (csrc/ops/smoothness)."""

from __future__ import annotations

from facesdk.core.adjacency import adjacency
from facesdk.core.arrays import FloatArray, IntArray
from facesdk.core.compiled import _core

__all__ = ["adjacency", "smoothness"]


def smoothness(
    verts: FloatArray, adj_ptr: IntArray, adj_idx: IntArray, *, threads: int = 1
) -> tuple[float, FloatArray]:
    """Compute the mean squared umbrella vector of the vertices and its gradient (paper 1, equation 16).

    Args:
        verts: (V, 3) mm.
        adj_ptr: (V + 1,) int32, as `adjacency` gives it.
        adj_idx: (N,) int32; the list is symmetric.
        threads: CPU threads.

    Returns:
        The value in mm2 and (V, 3) float32 d value / d verts in mm. A vertex without neighbours is smooth.
    """
    value, gradient = _core.smoothness(verts, adj_ptr, adj_idx, threads)
    return value, gradient
