"""The subdivision matrix of a face model: dense vertices as weighted means of control vertices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facesdk.core.arrays import FloatArray, IndexArray, IntArray, as_float32, as_int32


class Subdivision(NamedTuple):
    """Sparse rows of the (V, C) matrix."""

    ptr: IntArray  # (V + 1,) first entry of each row
    idx: IntArray  # (N,) control vertex
    val: FloatArray  # (N,) weight

    def row(self, vertex: int) -> tuple[IntArray, FloatArray]:
        """Control vertices and weights of one dense vertex."""
        span = slice(int(self.ptr[vertex]), int(self.ptr[vertex + 1]))
        return self.idx[span], self.val[span]

    def at(self, vertices: IndexArray, values: FloatArray) -> FloatArray:
        """Values of the dense mesh at some of its vertices.

        Args:
            vertices: (M,) of the dense mesh.
            values: (..., C, 3) on the control mesh, any unit.

        Returns:
            (..., M, 3) float32.
        """
        counts = np.diff(self.ptr)[vertices]
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        entries = np.arange(counts.sum()) - np.repeat(starts - self.ptr[vertices], counts)
        weights, controls = self.val[entries, None], self.idx[entries]
        return np.asarray(np.add.reduceat(values[..., controls, :] * weights, starts, axis=-2), np.float32)


def stored_subdivision(tensors: Mapping[str, NDArray[Any]]) -> Subdivision | None:
    """Read the subdivision matrix of a face-model file; None where the control mesh is the mesh."""
    if "sub_ptr" not in tensors:
        return None
    weights = tensors["sub_weights"][tensors["sub_code"]]
    return Subdivision(
        as_int32(tensors["sub_ptr"]),
        as_int32(tensors["sub_idx"]),
        as_float32(weights),
    )
