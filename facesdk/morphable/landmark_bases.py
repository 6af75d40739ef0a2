"""The 68 landmarks as a linear function of identity and expression, so that no mesh need be decoded."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import FloatArray, IntArray
from facesdk.morphable.shape_rows import ByteRows, FloatRows, SparseShapes
from facesdk.morphable.subdivision import Subdivision


def landmark_bases(
    mean_control_mm: FloatArray,
    identity: ByteRows | FloatRows,
    expression: SparseShapes,
    subdivision: Subdivision | None,
    corners: IntArray,
    bary: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Restrict mean and shapes (paper 1, equation 1) to the landmarks.

    Args:
        mean_control_mm: (C, 3) mean control mesh, face frame, mm.
        identity: n_id shapes over the control mesh.
        expression: n_exp shapes over the control mesh.
        subdivision: control mesh to dense mesh; None where they are the same.
        corners: (68, 3) int32, dense vertices of the triangle that a landmark lies on.
        bary: (68, 3), their barycentric weights.

    Returns:
        Mean (68, 3) mm and bases (n_id + n_exp, 68, 3) mm per unit, face frame.
    """
    used, weights = _controls_of_landmarks(subdivision, corners, bary)
    n_id = len(identity)
    bases = np.zeros((n_id + len(expression), len(used), 3), dtype=np.float32)
    bases[:n_id] = identity.at(used)
    place = np.full(len(mean_control_mm), -1)
    place[used] = np.arange(len(used))
    entries = np.flatnonzero(place[expression.idx] >= 0)
    shape = np.searchsorted(expression.ptr, entries, side="right") - 1
    bases[n_id + shape, place[expression.idx[entries]]] = expression.val[entries]
    mean = weights @ mean_control_mm[used]
    return mean, np.ascontiguousarray(np.einsum("lc,kcx->klx", weights, bases, optimize=True))


def _controls_of_landmarks(
    subdivision: Subdivision | None, corners: IntArray, bary: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Control vertices (N,) that move a landmark, and their weights (68, N) in each."""
    rows, index, value = [], [], []
    for landmark, (vertices, shares) in enumerate(zip(corners, bary, strict=True)):
        for vertex, share in zip(vertices, shares, strict=True):
            controls, weight = np.array([vertex], np.int32), np.ones(1, np.float32)
            if subdivision is not None:
                controls, weight = subdivision.row(int(vertex))
            rows.append(np.full(len(controls), landmark))
            index.append(controls)
            value.append(share * weight)
    used, column = np.unique(np.concatenate(index), return_inverse=True)
    weights = np.zeros((len(corners), len(used)), dtype=np.float32)
    np.add.at(weights, (np.concatenate(rows), column), np.concatenate(value))
    return used, weights
