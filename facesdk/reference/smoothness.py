"""Reference of csrc/ops/smoothness."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import FloatArray, IntArray


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
