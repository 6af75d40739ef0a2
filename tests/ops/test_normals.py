"""Vertex normals."""

from __future__ import annotations

import numpy as np
import pytest

from facesdk import ops, reference
from tests.ops.meshes import rotation, sphere


@pytest.mark.parametrize(("rings", "segments"), [(2, 3), (5, 7), (12, 24)])
def test_equals_the_reference(rings: int, segments: int) -> None:
    verts, triangles = sphere(rings, segments)
    np.testing.assert_allclose(ops.normals(verts, triangles), reference.normals(verts, triangles), atol=2e-6)


def test_point_outside_and_have_unit_length() -> None:
    verts, triangles = sphere(24, 48)
    normals = ops.normals(verts, triangles)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6)
    assert ((normals * verts).sum(axis=1) / 100).min() > 0.99


def test_turn_with_the_mesh() -> None:
    rng = np.random.default_rng(0)
    verts, triangles = sphere()
    for _ in range(5):
        turn = rotation(rng)
        turned = ops.transform(verts, turn, np.array([5, -40, 900], np.float32))
        # At 900 mm a float coordinate is known to 6e-5 mm; edges are some 20 mm.
        np.testing.assert_allclose(
            ops.normals(turned, triangles), ops.normals(verts, triangles) @ turn.T, atol=3e-5
        )


def test_vertex_without_area_gets_zero() -> None:
    verts = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9], [1, 0, 0]], np.float32)
    triangles = np.array([[0, 1, 2], [1, 4, 4]], np.int32)
    normals = ops.normals(verts, triangles)
    np.testing.assert_array_equal(normals[:3], np.tile([0, 0, 1], (3, 1)))
    np.testing.assert_array_equal(normals[3:], np.zeros((2, 3)))
