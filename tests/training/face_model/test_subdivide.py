"""One Catmull-Clark step as a matrix."""

import numpy as np

from training.face_model.subdivide import catmull_clark

CUBE = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)


def grid(n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0))
    corner = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).ravel()
    return np.c_[x.ravel(), y.ravel()], np.stack([corner, corner + 1, corner + n + 2, corner + n + 1], 1)


def test_rows_are_averages() -> None:
    matrix, finer = catmull_clark(CUBE, 8)
    assert matrix.shape == (8 + 6 + 12, 8)
    assert finer.shape == (24, 4)
    np.testing.assert_allclose(np.asarray(matrix.sum(1)).ravel(), 1.0)
    assert matrix.data.min() > 0


def test_a_cube_becomes_rounder_and_keeps_its_symmetry() -> None:
    matrix, _ = catmull_clark(CUBE, 8)
    verts = matrix @ CORNERS
    radius = np.linalg.norm(verts, axis=1)
    # Catmull and Clark's rule at a corner of valence three: 5/9 of the way out.
    np.testing.assert_allclose(verts[:8], CORNERS * 5 / 9)
    np.testing.assert_allclose(radius[8:14], 1.0)
    np.testing.assert_allclose(verts.mean(0), 0, atol=1e-12)


def test_a_flat_grid_stays_where_it_is_inside_and_keeps_its_border_straight() -> None:
    verts, quads = grid(4)
    matrix, finer = catmull_clark(quads, len(verts))
    out = matrix @ verts
    inside = np.flatnonzero(((verts > 0) & (verts < 4)).all(1))
    np.testing.assert_allclose(out[inside], verts[inside], atol=1e-12)
    bottom = np.flatnonzero(verts[:, 1] == 0)
    np.testing.assert_allclose(out[bottom[1:-1], 1], 0)
    a, b, c, d = (out[finer[:, i]] for i in range(4))
    one, other = (c - a).T, (d - b).T
    area = 0.5 * np.abs(one[0] * other[1] - one[1] * other[0])
    # The border's own rule pulls the four corners in by 1/4 each way, nothing else is lost.
    assert 15.5 < area.sum() < 16.0
