"""Smoothness value and gradient."""

from __future__ import annotations

import numpy as np
import pytest

from facesdk import ops, reference
from tests.ops.meshes import grid_mesh, sphere


def test_is_zero_inside_a_plane() -> None:
    """Evenly spaced points of a plane are the mean of their neighbours; only the rim is not."""
    rows, columns = 9, 11
    verts, triangles = grid_mesh(rows, columns)
    ptr, idx = ops.adjacency(triangles, len(verts))
    inner = np.zeros((rows, columns), bool)
    inner[2:-2, 2:-2] = True
    _, gradient = ops.smoothness(verts, ptr, idx)
    np.testing.assert_allclose(gradient[inner.ravel()], 0, atol=1e-6)

    # All of a plane is interior once its rim has no say: a rim without neighbours counts as smooth.
    counts = np.where(inner.ravel(), np.diff(ptr), 0)
    kept = np.repeat(inner.ravel(), np.diff(ptr))
    inner_ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    value, _ = ops.smoothness(verts, inner_ptr, idx[kept])
    assert value == 0


def test_value_of_the_plane_is_its_rim() -> None:
    verts, triangles = grid_mesh(30, 30)
    ptr, idx = ops.adjacency(triangles, len(verts))
    degree = np.diff(ptr)
    rim = degree < 6
    value, _ = ops.smoothness(verts, ptr, idx)
    row = np.repeat(np.arange(len(verts)), degree)
    delta = np.zeros_like(verts)
    np.add.at(delta, row, (verts[row] - verts[idx]) / degree[row, None])
    assert value == pytest.approx((delta[rim] ** 2).sum() / len(verts), rel=1e-5)


def test_gradient_matches_finite_differences() -> None:
    rng = np.random.default_rng(0)
    verts, triangles = sphere(5, 8)
    verts += rng.normal(size=verts.shape).astype(np.float32) * 8
    ptr, idx = ops.adjacency(triangles, len(verts))
    _, gradient = ops.smoothness(verts, ptr, idx)
    step = 0.25  # the value is a quadratic: a large central difference is exact, and rounding stays small
    for vertex in rng.integers(0, len(verts), 12):
        for axis in range(3):
            moved = []
            for sign in (1, -1):
                probe = verts.copy()
                probe[vertex, axis] += sign * step
                moved.append(ops.smoothness(probe, ptr, idx)[0])
            slope = (moved[0] - moved[1]) / (2 * step)
            assert gradient[vertex, axis] == pytest.approx(slope, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(("rings", "segments"), [(2, 3), (7, 9), (40, 33)])
def test_equals_the_reference(rings: int, segments: int) -> None:
    verts, triangles = sphere(rings, segments)
    ptr, idx = ops.adjacency(triangles, len(verts) + 2)  # two vertices without neighbours
    verts = np.concatenate([verts, np.ones((2, 3), np.float32)])
    value, gradient = ops.smoothness(verts, ptr, idx)
    expected_value, expected_gradient = reference.smoothness(verts, ptr, idx)
    assert value == pytest.approx(expected_value, rel=1e-5)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-4, atol=1e-5)


def test_adjacency_is_symmetric_and_without_repeats() -> None:
    _, triangles = sphere(4, 5)
    ptr, idx = ops.adjacency(triangles, triangles.max() + 1)
    pairs = list(zip(np.repeat(np.arange(len(ptr) - 1), np.diff(ptr)), idx, strict=True))
    assert len(set(pairs)) == len(pairs)
    assert {(b, a) for a, b in pairs} == set(pairs)
