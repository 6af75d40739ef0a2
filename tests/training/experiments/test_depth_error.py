# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""SIDE and MAD on depth maps whose errors are known."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from facesdk.morphable.face_model import FaceModel
from training.experiments.depth_error import (
    Pose,
    draw,
    mean_angle_deviation,
    normals_of_depth,
    scale_invariant_depth_error,
)
from training.face_model.camera import FOCAL_RATIO

FRONTAL = np.diag([1.0, -1.0, -1.0]).astype(np.float32)


def plane(slope: float, size: int = 32, depth: float = 1000.0) -> np.ndarray:
    """Depth of a plane tilted about y: z = depth + slope * x."""
    at = (np.arange(size) - (size - 1) / 2) / (FOCAL_RATIO * size)
    return np.tile(depth / (1 - slope * at), (size, 1)).astype(np.float32)


def test_side_does_not_see_the_scale_and_sees_the_shape() -> None:
    flat, tilted = plane(0.0), plane(0.2)
    assert scale_invariant_depth_error(1.7 * tilted, tilted) == pytest.approx(0.0, abs=1e-6)
    assert scale_invariant_depth_error(flat, tilted) > 0.005
    assert np.isnan(scale_invariant_depth_error(np.zeros((4, 4), np.float32), np.ones((4, 4), np.float32)))


@pytest.mark.parametrize("slope", [0.1, 0.5, 1.0])
def test_mad_is_the_angle_between_two_planes(slope: float) -> None:
    expected = np.degrees(np.arctan(slope))
    assert mean_angle_deviation(plane(slope), plane(0.0)) == pytest.approx(expected, abs=0.05)
    assert mean_angle_deviation(plane(slope), plane(slope)) == pytest.approx(0.0, abs=1e-3)


def test_normals_end_beside_the_border_of_the_face() -> None:
    depth = plane(0.0)
    depth[:, 20:] = 0
    known = np.isfinite(normals_of_depth(depth)).all(2)
    assert known[1:-1, 1:19].all()
    assert not known[:, 19:].any()


def test_a_drawn_face_has_depth_in_front_of_its_origin() -> None:
    model = FaceModel.load()
    neutral = np.zeros(model.n_id, np.float32), np.zeros(model.n_exp, np.float32)
    drawn = draw(model, *neutral, Pose(FRONTAL, np.zeros(3, np.float32)), 48)
    covered = drawn.depth_mm > 0
    assert 0.2 < covered.mean() < 0.9
    assert 1100 < drawn.depth_mm[covered].min() < drawn.depth_mm[covered].max() < 1500
