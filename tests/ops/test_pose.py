"""From the crop's camera to the picture's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facesdk import InvalidArray, ops, reference
from facesdk.core.rotation import rotation_from_euler

FACE = np.random.default_rng(3).uniform([-70, -80, -60], [70, 60, 40], (68, 3)).astype(np.float32)
CAMERA = np.array([[700, 3, 330], [0, 690, 235], [0, 0, 1]], np.float32)


def call(seed: int, **changes: Any) -> dict[str, Any]:
    """Arguments of a face somewhere in a picture."""
    rng = np.random.default_rng(seed)
    arguments: dict[str, Any] = {
        "rotation": rotation_from_euler(*rng.uniform(-60, 60, 3)),
        "translation": np.array([*rng.uniform(-20, 20, 2), rng.uniform(900, 1500)], np.float32),
        "landmarks": FACE,
        "center": (float(rng.uniform(0, 640)), float(rng.uniform(0, 480))),
        "side": float(rng.uniform(40, 300)),
        "roll": float(rng.uniform(-3, 3)),
        "focal_ratio": 4.5,
        "intrinsics": CAMERA,
    }
    return arguments | changes


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("steps", [0, 1, 2, 7])
def test_agrees_with_the_reference(seed: int, steps: int) -> None:
    found = ops.picture_pose(**call(seed), steps=steps)
    expected = reference.picture_pose(**call(seed), steps=steps)
    for ours, theirs, tolerance in zip(found, expected, (1e-6, 2e-3, 2e-3), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=tolerance)


def test_a_crop_on_the_axis_needs_no_turn() -> None:
    center = float(CAMERA[0, 2]), float(CAMERA[1, 2])
    rotation, _, _ = ops.picture_pose(**call(1, center=center, roll=0.0), steps=0)
    np.testing.assert_allclose(rotation, call(1)["rotation"], atol=1e-6)


@pytest.mark.parametrize("landmarks", [np.zeros((68, 3), np.float32), FACE[:2], FACE[:0]])
def test_landmarks_that_fix_no_pose_leave_one_that_is_finite(landmarks: np.ndarray) -> None:
    rotation, translation, px = ops.picture_pose(**call(2, landmarks=landmarks))
    assert np.isfinite(rotation).all()
    assert np.isfinite(translation).all()
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-5)
    assert px.shape == (len(landmarks), 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rotation", np.eye(4, dtype=np.float32)),
        ("landmarks", np.zeros((68, 2), np.float32)),
        ("intrinsics", np.zeros((3, 3), np.float32)),
        ("side", 0.0),
        ("focal_ratio", float("nan")),
        ("steps", -1),
    ],
)
def test_bad_arguments_are_named(name: str, value: object) -> None:
    with pytest.raises(InvalidArray, match=f"^{name}: "):
        ops.picture_pose(**call(0, **{name: value}))


@pytest.mark.parametrize(
    "six",
    [
        *np.random.default_rng(5).normal(size=(6, 6)).astype(np.float32),
        np.array([0, 0, 2, 0, 0, -3], np.float32),  # parallel
        np.array([1, 1, 1, 1, 1, 1], np.float32),
    ],
)
def test_six_numbers_give_a_rotation(six: np.ndarray) -> None:
    rotation = ops.rotation_from_six(six)
    np.testing.assert_allclose(rotation, reference.rotation_from_six(six), atol=1e-6)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(rotation) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(rotation[:, 0], six[:3] / np.linalg.norm(six[:3]), atol=1e-6)


def test_six_numbers_that_are_not_six_are_refused() -> None:
    with pytest.raises(InvalidArray, match="six: "):
        ops.rotation_from_six(np.zeros(5, np.float32))
