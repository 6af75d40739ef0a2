"""Which vertex of a mesh is the mirror image of which."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import IntArray
from facesdk.morphable.subdivision import Subdivision


def mirrored_vertices(subdivision: Subdivision | None, controls: IntArray) -> IntArray:
    """Find the mirror image of every vertex of the dense mesh.

    A dense vertex is a weighted mean of control vertices, its mirror image the same mean of theirs: both are
    recognised by what they give for random values at the control vertices.

    Args:
        subdivision: of the model; None where the control mesh is the mesh.
        controls: (C,) mirror image of each control vertex; none where that is not known.

    Returns:
        (V,) int32; none where `controls` has none.
    """
    if subdivision is None or not len(controls):
        return controls
    values = np.random.default_rng(0).random(len(controls))
    weights = subdivision.val.astype(np.float64)
    starts = subdivision.ptr[:-1]
    own, other = (np.add.reduceat(weights * at[subdivision.idx], starts) for at in (values, values[controls]))
    order = np.argsort(own)
    after = np.searchsorted(own[order], other).clip(1, len(own) - 1)
    nearer = np.abs(own[order[after - 1]] - other) < np.abs(own[order[after]] - other)
    return np.asarray(order[after - nearer], np.int32)
