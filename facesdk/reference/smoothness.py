"""Twin of csrc/ops/smoothness, and the neighbour lists that both take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]


def adjacency(triangles: IntArray, num_verts: int) -> tuple[IntArray, IntArray]:
    """Neighbours of each vertex along the edges, each once and in rising order.

    triangles (T, 3) int32. Returns adj_ptr (V+1,) and adj_idx (N,) int32; the list is symmetric.
    """
    pairs = np.concatenate([triangles[:, [i, j]] for i in range(3) for j in range(3) if i != j])
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    counts = np.bincount(pairs[:, 0], minlength=num_verts)
    ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return ptr, np.ascontiguousarray(pairs[:, 1], dtype=np.int32)


def smoothness(
    verts: FloatArray, adj_ptr: IntArray, adj_idx: IntArray, *, threads: int = 1
) -> tuple[float, FloatArray]:
    """Mean of |v_i - mean of its neighbours|^2 and its gradient, in double inside."""
    count = len(verts)
    degree = np.diff(adj_ptr)
    weight = np.divide(1.0, degree, out=np.zeros(count), where=degree > 0)
    row = np.repeat(np.arange(count), degree)
    exact = verts.astype(np.float64)
    delta = np.zeros_like(exact)
    np.add.at(delta, row, (exact[row] - exact[adj_idx]) * weight[row, None])
    # Each delta_i pulls at v_i once and at every neighbour with 1 / degree_i.
    gradient = np.where(degree[:, None] > 0, delta, 0.0)
    np.subtract.at(gradient, adj_idx, delta[row] * weight[row, None])
    return float((delta**2).sum() / max(count, 1)), (gradient * 2 / max(count, 1)).astype(np.float32)
