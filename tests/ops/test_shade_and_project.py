"""Transform, normals, light and projection in one pass."""

from __future__ import annotations

import numpy as np
import pytest

from facesdk import ops, reference
from tests.ops.meshes import FRONTAL, camera, grid_mesh, rotation, sphere


@pytest.mark.parametrize("mesh", [sphere(3, 3), sphere(), sphere(41, 67), grid_mesh(9, 13)])
def test_agrees_with_the_reference(mesh: tuple[np.ndarray, np.ndarray]) -> None:
    rng = np.random.default_rng(2)
    verts, triangles = mesh
    albedo = rng.random(verts.shape, np.float32)
    pose = rotation(rng), np.array([12, -30, 1100], np.float32), camera(224, 1000)
    sh = rng.normal(size=(9, 3)).astype(np.float32)
    points, colors = ops.shade_and_project(verts, triangles, *pose, albedo, sh)
    expected = reference.shade_and_project(verts, triangles, *pose, albedo, sh)
    np.testing.assert_allclose(points, expected[0], atol=1e-3)
    np.testing.assert_allclose(colors, expected[1], atol=2e-4)


def test_light_from_the_picture_s_left_stays_there_when_the_head_turns() -> None:
    verts, triangles = sphere(24, 48)
    sh = np.zeros((9, 3), np.float32)
    sh[3] = -1.0  # Y11: brighter towards the camera's -x
    turn = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]], np.float32)
    for pose in (FRONTAL, np.ascontiguousarray(FRONTAL @ turn)):
        points, colors = ops.shade_and_project(
            verts,
            triangles,
            pose,
            np.array([0, 0, 900], np.float32),
            camera(99, 400),
            np.ones_like(verts),
            sh,
        )
        left, right = points[:, 0] < 30, points[:, 0] > 68
        assert colors[left].min() > 0 > colors[right].max()


def test_a_vertex_without_triangles_is_black() -> None:
    verts = np.concatenate([sphere()[0], np.ones((1, 3), np.float32)])
    sh = np.zeros((9, 3), np.float32)
    sh[1:4] = 1.0
    _, colors = ops.shade_and_project(
        verts,
        sphere()[1],
        FRONTAL,
        np.array([0, 0, 900], np.float32),
        camera(99, 400),
        np.ones_like(verts),
        sh,
    )
    assert not colors[-1].any()
    assert np.isfinite(colors).all()
