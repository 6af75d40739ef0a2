"""The few points of a crop: where its camera sees them, their boxes, the axis of a face."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from facesdk import InvalidArray, ops, reference
from facesdk.core.rotation import rotation_from_euler

F32 = np.float32


def call(seed: int, **changes: Any) -> dict[str, Any]:
    """Arguments of a face of 68 landmarks, 5 shapes and 3 expressions in a crop."""
    rng = np.random.default_rng(seed)
    arguments: dict[str, Any] = {
        "mean": rng.uniform(-70, 70, (68, 3)).astype(F32),
        "bases": rng.normal(size=(8, 68, 3)).astype(F32),
        "identity": rng.normal(size=5).astype(F32),
        "expression": rng.uniform(0, 1, 3).astype(F32),
        "rotation": rotation_from_euler(*rng.uniform(-60, 60, 3)),
        "translation": np.array([*rng.uniform(-20, 20, 2), rng.uniform(900, 1500)], F32),
        "center": (float(rng.uniform(0, 640)), float(rng.uniform(0, 480))),
        "side": float(rng.uniform(40, 300)),
        "roll": float(rng.uniform(-3, 3)),
        "focal_ratio": 4.5,
    }
    return arguments | changes


@pytest.mark.parametrize("seed", range(6))
def test_landmarks_agree_with_the_reference(seed: int) -> None:
    found, expected = ops.crop_landmarks(**call(seed)), reference.crop_landmarks(**call(seed))
    np.testing.assert_allclose(found[0], expected[0], atol=2e-6)  # crop sides
    np.testing.assert_allclose(found[1], expected[1], atol=5e-4)  # px


def test_a_landmark_on_the_axis_is_at_the_crop_s_centre() -> None:
    none = {"identity": np.zeros(5, F32), "expression": np.zeros(3, F32), "mean": np.zeros((68, 3), F32)}
    crop, picture = ops.crop_landmarks(**call(1, **none, translation=np.array([0, 0, 1000], F32)))
    assert not crop.any()
    np.testing.assert_allclose(picture, np.tile(call(1)["center"], (68, 1)), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean", np.zeros((68, 2), F32)),
        ("bases", np.zeros((8, 67, 3), F32)),
        ("expression", np.zeros(4, F32)),
        ("identity", np.zeros(5)),
        ("rotation", np.eye(4, dtype=F32)),
        ("translation", np.zeros(2, F32)),
    ],
)
def test_bad_arguments_are_named(name: str, value: object) -> None:
    with pytest.raises(InvalidArray, match=f"^{name}: "):
        ops.crop_landmarks(**call(0, **{name: value}))


@pytest.mark.parametrize("seed", range(4))
def test_boxes_distances_and_axes_agree_with_their_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0, 500, (2, 68, 2)).astype(F32)
    angle = float(rng.uniform(-3, 3))
    np.testing.assert_allclose(ops.oriented_bbox(a, angle), reference.oriented_bbox(a, angle), rtol=1e-9)
    assert ops.mean_distance(a, b) == pytest.approx(reference.mean_distance(a, b))
    found, expected = ops.landmark_roll_and_bbox(a, 0.3), reference.landmark_roll_and_bbox(a, 0.3)
    assert found[0] == pytest.approx(expected[0])
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-9)


@pytest.mark.parametrize("degrees", [0.0, 35.0, -120.0, 180.0])
def test_a_turned_face_has_its_roll(degrees: float) -> None:
    upright = np.zeros((68, 2))
    upright[:, 0] = np.linspace(-30, 30, 68)
    upright[36:48] = [0, -20]
    upright[48:] = [0, 25]
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    roll, _ = ops.landmark_roll_and_bbox((upright @ turn.T + 100).astype(F32), 0.3)
    assert math.cos(roll - angle) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("points", [np.zeros((0, 2), F32), np.zeros((68, 3), F32), np.zeros((68, 2))])
def test_what_is_no_set_of_points_is_refused(points: np.ndarray) -> None:
    with pytest.raises(InvalidArray, match="points: "):
        ops.oriented_bbox(points, 0.0)
    with pytest.raises(InvalidArray, match="a: "):
        ops.mean_distance(points, points)
    with pytest.raises(InvalidArray, match="landmarks: "):
        ops.landmark_roll_and_bbox(points, 0.3)


def test_points_that_are_not_finite_do_no_harm() -> None:
    points = np.full((68, 2), np.nan, F32)
    assert len(ops.oriented_bbox(points, 0.3)) == 4
    assert len(ops.landmark_roll_and_bbox(points, 0.3)[1]) == 4


def test_points_on_a_mesh_agree_with_the_reference() -> None:
    rng = np.random.default_rng(0)
    verts, weights = rng.normal(size=(40, 3)).astype(F32), rng.uniform(0, 1, (68, 3)).astype(F32)
    corners = rng.integers(0, 40, (68, 3)).astype(np.int32)
    np.testing.assert_allclose(
        ops.mesh_points(verts, corners, weights), reference.mesh_points(verts, corners, weights), atol=1e-5
    )


@pytest.mark.parametrize("bad", [-1, 40])
def test_corners_that_are_no_vertices_are_refused(bad: int) -> None:
    corners = np.array([[0, 1, bad]], np.int32)
    with pytest.raises(InvalidArray, match="corners: "):
        ops.mesh_points(np.zeros((40, 3), F32), corners, np.ones((1, 3), F32))
