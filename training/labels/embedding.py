"""Where on the mesh a source's points sit, learned from many fitted faces.

A teacher's point is whatever the teacher means by it. So its place on the surface is the one whose projection
agrees best with the teacher over all fitted faces: first the nearest vertex of the dense mesh, then
barycentric coordinates in the best of the triangles round it.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def nearest_vertices(projected: npt.NDArray[np.float32], points: Array, weights: Array) -> Ints:
    """For each of P points the vertex with the least mean squared distance.

    projected (N, V, 2); points (N, P, 2); weights (N, P), 0 where the point is unknown.
    """
    out = np.empty(points.shape[1], np.int64)
    x, y = projected[..., 0].T.copy(), projected[..., 1].T.copy()
    power = (projected.astype(np.float32) ** 2).sum(-1).T.copy()
    for p in range(points.shape[1]):
        w = weights[:, p].astype(np.float32)
        q = np.nan_to_num(points[:, p]).astype(np.float32)
        cost = power @ w - 2 * (x @ (w * q[:, 0]) + y @ (w * q[:, 1]))
        out[p] = int(np.argmin(cost))
    return out


def barycentric(
    projected: npt.NDArray[np.float32], points: Array, weights: Array, vertices: Ints, triangles: Ints
) -> tuple[Ints, npt.NDArray[np.float32]]:
    """Triangle (P,) and barycentric coordinates (P, 3) of each point, in a triangle that touches
    `vertices[p]`."""
    chosen, coords = np.zeros(len(vertices), np.int64), np.zeros((len(vertices), 3), np.float32)
    for p, vertex in enumerate(vertices):
        best = np.inf
        root = np.sqrt(weights[:, p])[:, None]
        target = np.nan_to_num(points[:, p])
        for t in np.flatnonzero((triangles == vertex).any(1)):
            a, b, c = (projected[:, v].astype(float) for v in triangles[t])
            system = np.stack([((b - a) * root).ravel(), ((c - a) * root).ravel()], 1)
            right = ((target - a) * root).ravel()
            u, v = np.linalg.lstsq(system, right, rcond=None)[0]
            bary = np.clip([1 - u - v, u, v], 0, 1)
            bary /= bary.sum()
            e = right - system @ bary[1:]
            if e @ e < best:
                best, chosen[p], coords[p] = float(e @ e), t, bary
    return chosen, coords
