"""Shut eyes in the labels: what the teachers say of them, made geometry.

3DDFA_V2's upper lids hardly come down over a shut eye, so that their place on the mesh, learned from its
points, would be the socket behind the lid, which no expression moves: upper lids are looked for on the lid
alone, where eyes are open. MediaPipe's eyeBlink tells how far an eye is shut; by it the labels' lids and the
weights of the model's own shapes are set.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.labels.embedding import barycentric, nearest_vertices
from training.labels.geometry import Embedding, Geometry

Array = npt.NDArray[np.float32]

OPEN, SHUT = 0.15, 0.55
"""MediaPipe's eyeBlink of an eye that is open, and of one that is shut."""
LEAST_MOVED_MM = 8.0
"""How far eyeBlink moves what is lid, of the 9.6 mm at the lashes."""
# iBUG points of the upper lids and of the lower ones below them, by the person's side.
UPPER = {"L": (43, 44), "R": (37, 38)}
LOWER = {"L": (47, 46), "R": (41, 40)}


def shutness(score: Array) -> Array:
    """0 where an eye is open, 1 where it is shut, from MediaPipe's score."""
    share: Array = np.clip((score - OPEN) / (SHUT - OPEN), 0, 1).astype(np.float32)
    return share


def shut_labels(points: Array, delta: Array, exp_names: list[str]) -> tuple[Array, Array]:
    """Points (N, 68, 2) with open lids, weights (N, n_exp) as fitted -> both as the teacher's scores say."""
    points, delta = points.copy(), delta.copy()
    for side in ("L", "R"):
        column = exp_names.index(f"eyeBlink_{side}")
        share = shutness(delta[:, column])
        delta[:, column] = share
        for above, below in zip(UPPER[side], LOWER[side], strict=True):
            points[:, above] += share[:, None] * (points[:, below] - points[:, above])
    return points, delta


def lid_places(
    geometry: Geometry, projected: Array, points: npt.NDArray[np.float64], known: Embedding
) -> Embedding:
    """Places of the 68 points with those of the upper lids moved to the lids.

    projected (N, V, 2) dense vertices and points (N, 68, 2) of faces with open eyes.
    """
    triangles, bary = known[0].copy(), known[1].copy()
    for side in ("L", "R"):
        blink = geometry.bases[geometry.n_id + geometry.exp_names.index(f"eyeBlink_{side}")].numpy()
        lid = np.linalg.norm(geometry.dense @ blink, axis=1) > LEAST_MOVED_MM
        vertices, faces = np.flatnonzero(lid), np.flatnonzero(lid[geometry.triangles].all(1))
        for p in UPPER[side]:
            one, weight = points[:, [p]], np.ones((len(points), 1))
            nearest = vertices[nearest_vertices(projected[:, vertices], one, weight)]
            place = barycentric(projected, one, weight, nearest, geometry.triangles[faces])
            triangles[p], bary[p] = faces[place[0][0]], place[1][0]
    return triangles, bary
