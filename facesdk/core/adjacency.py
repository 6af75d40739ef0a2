"""Vertex neighbours of a triangle mesh."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import IntArray


def adjacency(triangles: IntArray, num_verts: int) -> tuple[IntArray, IntArray]:
    """List the neighbours of each vertex along the edges, each once and in rising order.

    Args:
        triangles: (T, 3) int32.
        num_verts: V.

    Returns:
        adj_ptr (V + 1,) and adj_idx (N,) int32; the list is symmetric.
    """
    pairs = np.concatenate([triangles[:, [i, j]] for i in range(3) for j in range(3) if i != j])
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    counts = np.bincount(pairs[:, 0], minlength=num_verts)
    ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return ptr, np.ascontiguousarray(pairs[:, 1], dtype=np.int32)
