"""Face frame to camera to picture and back."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facesdk import ops, reference
from tests.ops.meshes import FRONTAL, camera, rotation


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), focal=st.floats(50, 5000), size=st.integers(1, 4000))
def test_unproject_undoes_project(seed: int, focal: float, size: int) -> None:
    rng = np.random.default_rng(seed)
    depth = rng.uniform(100, 3000, 37)
    verts = np.stack([*(rng.uniform(-0.7, 0.7, (2, 37)) * depth), depth], axis=1).astype(np.float32)
    intrinsics = camera(size, focal)
    intrinsics[0, 1] = 0.01 * focal
    back = ops.unproject(ops.project(verts, intrinsics), intrinsics)
    # Relative to the depth. A float pixel coordinate of magnitude p over a focal length f is known to
    # 6e-8 * p / f, which for a tiny focal length in a huge picture is more than 1e-5.
    rounding = 4e-7 * (size + focal) / focal
    assert np.abs(back - verts).max(axis=1).max() <= max(1e-5, rounding) * depth.max()


def test_equals_the_reference() -> None:
    rng = np.random.default_rng(1)
    for count in (0, 1, 5, 131):
        verts = rng.uniform(-200, 200, (count, 3)).astype(np.float32)
        turn, shift = rotation(rng), np.array([3, -7, 1000], np.float32)
        moved = ops.transform(verts, turn, shift)
        np.testing.assert_allclose(moved, reference.transform(verts, turn, shift), atol=2e-4)
        intrinsics = camera(225, 1000)
        points = ops.project(moved, intrinsics)
        np.testing.assert_allclose(points, reference.project(moved, intrinsics), atol=2e-4)
        np.testing.assert_allclose(
            ops.unproject(points, intrinsics), reference.unproject(points, intrinsics), atol=2e-3
        )


def test_axes() -> None:
    """A frontal face: its y is up, the picture's down; what is out of the face is nearer."""
    verts = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], np.float32)
    points = ops.project(ops.transform(verts, FRONTAL, np.array([0, 0, 1000], np.float32)), camera(101, 500))
    np.testing.assert_allclose(points[0], [50, 50, 1000])
    assert points[1, 0] > 50
    assert points[2, 1] < 50
    assert points[3, 2] == 990


def test_depth_zero_is_no_division_by_zero() -> None:
    points = ops.project(np.array([[3, 4, 0]], np.float32), camera(101, 500))
    np.testing.assert_array_equal(points, [[50, 50, 0]])
