"""Where a source's points sit is learned from projections."""

import numpy as np

from training.labels.embedding import barycentric, nearest_vertices


def test_points_inside_triangles_are_found_again() -> None:
    rng = np.random.default_rng(0)
    n = 6
    x, y = np.meshgrid(np.arange(n, dtype=float), np.arange(n, dtype=float))
    verts = np.c_[x.ravel(), y.ravel()]
    corner = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    triangles = np.concatenate([
        np.stack([corner, corner + 1, corner + n], 1), np.stack([corner + 1, corner + n + 1, corner + n], 1)
    ])  # fmt: skip
    faces = 40
    warp = np.eye(2) + 0.2 * rng.standard_normal((faces, 2, 2))
    projected = (verts @ warp + rng.standard_normal((faces, 1, 2))).astype(np.float32)
    wanted = rng.integers(0, len(triangles), 5)
    bary = rng.dirichlet([2, 2, 2], 5)
    points = np.einsum("pk,npkx->npx", bary, projected[:, triangles[wanted]].astype(float))
    points += 0.01 * rng.standard_normal(points.shape)
    weights = np.ones((faces, 5))
    vertices = nearest_vertices(projected, points, weights)
    found, coords = barycentric(projected, points, weights, vertices, triangles)
    place = np.einsum("pk,pkx->px", coords, verts[triangles[found]])
    np.testing.assert_allclose(place, np.einsum("pk,pkx->px", bary, verts[triangles[wanted]]), atol=0.05)
    np.testing.assert_allclose(coords.sum(1), 1, rtol=1e-6)
