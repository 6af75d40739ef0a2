"""Angles have the signs of the design, and poses survive the way from crop to picture."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from facesdk import InvalidArray, _core, ops
from facesdk.core.arrays import FloatArray
from facesdk.core.crop import Crop, crop_from_landmarks, make_crop
from facesdk.core.intrinsics import assumed_intrinsics, check_intrinsics, crop_intrinsics, project_points
from facesdk.core.rotation import euler_from_rotation, quaternion_from_rotation, rotation_from_euler
from facesdk.errors import InvalidOptions
from facesdk.reference import camera as reference
from facesdk.reference.pose import gauss_newton

FOCAL_RATIO = 4.5
NOSE, TOP = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])  # face frame


def face_points() -> np.ndarray:
    """68 points spread like landmarks: 140 mm wide and high, 100 mm deep."""
    rng = np.random.default_rng(3)
    return rng.uniform([-70, -80, -60], [70, 60, 40], (68, 3))


def test_frontal_is_the_design_s_matrix_and_zero_angles() -> None:
    np.testing.assert_array_equal(rotation_from_euler(0, 0, 0), np.diag([1.0, -1.0, -1.0]))
    assert euler_from_rotation(np.diag([1.0, -1.0, -1.0])) == (0.0, 0.0, 0.0)


def test_signs_of_the_angles() -> None:
    assert (rotation_from_euler(30, 0, 0) @ NOSE)[0] > 0.4  # nose to the picture's right
    assert (rotation_from_euler(0, 30, 0) @ NOSE)[1] < -0.4  # nose up: y is down
    assert (rotation_from_euler(0, 0, 30) @ TOP)[0] > 0.4  # top of the head to the picture's right
    assert (rotation_from_euler(0, 0, 30) @ TOP)[1] < -0.4


@pytest.mark.parametrize("angles", [(0, 0, 0), (90, 20, -40), (-90, -35, 170), (45, 89, 5), (12, -7, 33)])
def test_angles_survive_a_round_trip(angles: tuple[float, float, float]) -> None:
    rotation = rotation_from_euler(*angles)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(rotation) == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(euler_from_rotation(rotation), angles, atol=0.05)


def test_straight_up_still_gives_its_rotation_back() -> None:
    rotation = rotation_from_euler(20, 90, 10)
    np.testing.assert_allclose(rotation_from_euler(*euler_from_rotation(rotation)), rotation, atol=1e-3)


def test_turning_the_picture_changes_roll_alone() -> None:
    rotation = rotation_from_euler(70, 25, 10)
    lean = rotation_from_euler(0, 0, 35) @ np.diag([1.0, -1.0, -1.0])
    np.testing.assert_allclose(euler_from_rotation(lean @ rotation), (70, 25, 45), atol=1e-3)


@pytest.mark.parametrize("seed", range(8))
def test_quaternion_is_the_same_rotation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rotation = rotation_from_euler(*rng.uniform(-180, 180, 3) * [1, 0.5, 1])
    x, y, z, w = quaternion_from_rotation(rotation).astype(float)
    again = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
    np.testing.assert_allclose(again, rotation, atol=1e-5)
    assert w >= 0


def float32(values: Any) -> FloatArray:
    return np.ascontiguousarray(values, dtype=np.float32)


def camera_pose(
    crop: Crop, rotation: Any, translation: Any, k: Any
) -> tuple[FloatArray, FloatArray, FloatArray]:
    given = float32(rotation), float32(translation), FOCAL_RATIO, float32(face_points()), float32(k)
    return _core.camera_pose(crop.geometry, *given)


def crop_truth(
    roll: float, center: tuple[float, float], side: float
) -> tuple[Crop, np.ndarray, np.ndarray, np.ndarray]:
    """A crop, and a pose in its virtual camera with the landmarks that this camera sees, in picture px."""
    crop = make_crop(center, side, roll, 120)
    rotation = rotation_from_euler(35, -10, 4)
    translation = np.array([6.0, -4.0, 1300.0])
    seen = project_points(face_points() @ rotation.T + translation, crop_intrinsics(120, FOCAL_RATIO))
    return crop, rotation, translation, crop.to_picture(seen)


def test_a_centred_crop_of_the_same_focal_length_changes_nothing() -> None:
    crop, rotation, translation, seen = crop_truth(0.0, (319.5, 239.5), 100.0)
    k = assumed_intrinsics(640, 480, 50.0)
    k[0, 0] = k[1, 1] = FOCAL_RATIO * 100.0
    found_r, found_m, _ = camera_pose(crop, rotation, translation, k)
    np.testing.assert_allclose(found_r, rotation, atol=1e-5)
    np.testing.assert_allclose(found_m, translation, atol=0.05)
    np.testing.assert_allclose(project_points(face_points() @ found_r.T + found_m, k), seen, atol=0.01)


@pytest.mark.parametrize("center", [(60.0, 50.0), (600.0, 240.0), (319.5, 460.0), (20.0, 470.0)])
@pytest.mark.parametrize("roll", [0.0, 50.0, -170.0])
def test_off_centre_faces_reproject_onto_their_landmarks(center: tuple[float, float], roll: float) -> None:
    crop, rotation, translation, seen = crop_truth(roll, center, 100.0)
    k = assumed_intrinsics(640, 480, 50.0)
    found_r, found_m, _ = camera_pose(crop, rotation, translation, k)
    error = np.linalg.norm(project_points(face_points() @ found_r.T + found_m, k) - seen, axis=1)
    # The crop is 100 px wide. What is left is perspective itself: up to 28 degrees off the axis, a true
    # camera stretches a face outwards, which the crop's own camera does not.
    assert error.mean() < 1.2
    more_r, more_m, _ = ops.picture_pose(
        float32(rotation), float32(translation), float32(face_points()), crop.center, crop.side,
        math.radians(crop.roll_deg), FOCAL_RATIO, k, steps=20,
    )  # fmt: skip
    best = np.linalg.norm(project_points(face_points() @ more_r.T + more_m, k) - seen, axis=1)
    assert error.mean() < best.mean() + 0.02  # two steps are enough


@pytest.mark.parametrize("position", [(0.0, 0.0), (-230.0, 150.0), (260.0, -120.0)])
def test_a_true_camera_gives_true_millimetres(position: tuple[float, float]) -> None:
    """A face photographed at 900 mm is found there, though the network's camera stands at 1300 mm."""
    k = np.array([[800, 0, 330], [0, 800, 235], [0, 0, 1]], dtype=np.float32)
    face = face_points()
    rotation, translation = rotation_from_euler(-25, 8, 12).astype(float), np.array([*position, 900.0])
    seen = project_points(face @ rotation.T + translation, k)
    crop = crop_from_landmarks(seen, 12.0, 120)
    # What a perfect network would say of this crop: the pose whose projection fits best in its camera.
    start = np.array([0.0, 0.0, 1300.0])
    upright = rotation_from_euler(-25, 8, 0)
    net_r, net_m = upright.astype(float), start
    virtual = crop_intrinsics(120, FOCAL_RATIO).astype(float)
    for _ in range(20):
        net_r, net_m = gauss_newton(net_r, net_m, face, crop.to_crop(seen).astype(float), virtual)
    found_r, found_m, _ = camera_pose(crop, net_r, net_m, k)
    assert abs(found_m[2] - 900.0) < 9.0
    np.testing.assert_allclose(found_m[:2], position, atol=4.0)
    turned = np.degrees(np.arccos(min(1.0, (np.trace(found_r.T @ rotation) - 1) / 2)))
    assert turned < 2.0


def test_assumed_camera_keeps_its_stated_angle_but_narrows_for_a_close_up() -> None:
    for height, width in ((480, 640), (640, 480), (1, 1)):
        for degrees, focal in ((90.0, 0.0), (40.0, 0.0), (150.0, 900.0)):
            k = _core.assume_intrinsics(height, width, degrees, focal)
            np.testing.assert_allclose(k, assumed_intrinsics(width, height, degrees, focal), rtol=1e-6)
            expected = reference.assume_intrinsics(height, width, degrees, focal)
            np.testing.assert_allclose(k, expected, rtol=1e-6)  # a float32's last bit
    k = _core.assume_intrinsics(480, 640, 90.0, 0.0)
    np.testing.assert_allclose(k, [[320, 0, 319.5], [0, 320, 239.5], [0, 0, 1]], rtol=1e-6)
    assert _core.assume_intrinsics(480, 640, 90.0, 900.0)[0, 0] == 900.0


@pytest.mark.parametrize("bad", [
    np.eye(2), [[1, 0], [0, 1]], np.zeros((3, 3)), "camera", [[500, 0, np.nan], [0, 500, 0], [0, 0, 1]],
])  # fmt: skip
def test_intrinsics_that_are_no_camera_are_refused(bad: object) -> None:
    with pytest.raises(InvalidOptions, match="intrinsics"):
        check_intrinsics(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(10))
def test_the_camera_pose_is_the_reference_s(seed: int) -> None:
    """Both solve in double; what is left are the float32 outputs' last bits, of a metre and of 1000 px."""
    rng = np.random.default_rng(seed)
    crop = make_crop(
        tuple(rng.uniform(0, 600, 2)), float(rng.uniform(40, 300)), float(rng.uniform(-180, 180)), 96
    )
    rotation = rotation_from_euler(*rng.uniform([-80, -30, -20], [80, 30, 20]))
    translation = float32(rng.uniform([-20, -20, 1100], [20, 20, 1600]))
    k = assumed_intrinsics(640, 480, 50.0)
    found = camera_pose(crop, rotation, translation, k)
    expected = reference.camera_pose(
        crop.geometry, rotation, translation, FOCAL_RATIO, float32(face_points()), k
    )
    for ours, theirs, atol in zip(found, expected, (1e-5, 1e-2, 1e-3), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=atol)


@pytest.mark.parametrize("angles", [(0, 0, 0), (70, 20, -40), (-88, 5, 170), (20, 90, 10)])
def test_yaw_is_the_euler_angle(angles: tuple[float, float, float]) -> None:
    rotation = rotation_from_euler(*angles)
    assert _core.yaw_deg(rotation) == pytest.approx(euler_from_rotation(rotation)[0], abs=1e-9)


@pytest.mark.parametrize(("index", "value", "name"), [
    (0, (0.0, 0.0, -1.0, 0.0), "crop"),
    (1, np.eye(2, dtype=np.float32), "rotation"),
    (2, np.zeros(2, np.float32), "translation_mm"),
    (4, np.zeros((5, 3), np.float32), "landmarks_face_mm"),
    (5, np.eye(3), "intrinsics"),
])  # fmt: skip
def test_arguments_that_do_not_fit_are_named(index: int, value: Any, name: str) -> None:
    given: list[Any] = [
        (0.0, 0.0, 50.0, 0.0), float32(np.eye(3)), float32(np.zeros(3)), FOCAL_RATIO, float32(face_points()),
        float32(np.eye(3)),
    ]  # fmt: skip
    given[index] = value
    with pytest.raises(InvalidArray, match=name):
        _core.camera_pose(*given)
