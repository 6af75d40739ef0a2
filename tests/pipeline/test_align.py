"""Crops are upright squares, and their two directions undo each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facesdk import InvalidArray, _core
from facesdk.core.arrays import DoubleArray, FloatArray
from facesdk.core.crop import MARGIN, crop_from_detection, crop_from_landmarks, make_crop, roll_from_landmarks
from facesdk.reference import align as reference

UPRIGHT_POINTS = np.array([[35, 40], [65, 40], [50, 58], [38, 75], [62, 75]], dtype=np.float64)


def lean(points: DoubleArray, degrees: float) -> FloatArray:
    """Points rotated about (50, 50) so that what was up leans to the right."""
    a = np.radians(degrees)
    turned = (points - 50) @ np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]).T + 50
    return np.asarray(turned, np.float32)


def roll_of_points(points: FloatArray) -> float:
    return crop_from_detection([20, 20, 80, 80], points, 120).roll_deg


@pytest.mark.parametrize("roll", [0.0, 30.0, -80.0, 175.0])
def test_picture_and_crop_undo_each_other(roll: float) -> None:
    crop = make_crop((123.4, 56.7), 80.0, roll, 120)
    points = np.random.default_rng(0).uniform(0, 200, (20, 2))
    np.testing.assert_allclose(crop.to_picture(crop.to_crop(points)), points, atol=1e-3)


def test_corners_of_the_region_are_the_corners_of_the_crop() -> None:
    crop = make_crop((49.5, 49.5), 100.0, 0.0, 50)  # the region of pixels 0..99
    np.testing.assert_allclose(
        crop.to_crop([[-0.5, -0.5], [99.5, 99.5]]), [[-0.5, -0.5], [49.5, 49.5]], atol=1e-4
    )


def test_a_leaning_head_stands_upright_in_its_crop() -> None:
    crop = make_crop((50, 50), 100.0, 30.0, 100)
    top = lean(np.array([[50.0, 20.0]]), 30.0)
    np.testing.assert_allclose(crop.to_crop(top)[0], [49.5, 19.5], atol=1e-3)


def test_a_mirrored_crop_is_the_crop_read_from_right_to_left() -> None:
    crop = make_crop((61, 40), 70.0, 25.0, 96)
    points = np.random.default_rng(2).uniform(0, 100, (20, 2))
    mirrored = _core.crop_matrix(crop.geometry, 96, True)
    found = points @ mirrored[:, :2].T + mirrored[:, 2]
    np.testing.assert_allclose(found, crop.to_crop(points) * [-1, 1] + [95, 0], atol=1e-3)


@pytest.mark.parametrize("roll", [0.0, 25.0, -140.0])
def test_landmark_crop_is_the_upright_box_with_margin(roll: float) -> None:
    upright = np.random.default_rng(1).uniform([20, 30], [80, 70], (68, 2))
    crop = crop_from_landmarks(lean(upright, roll), roll, 120)
    extent = upright.max(axis=0) - upright.min(axis=0)
    assert crop.side == pytest.approx(MARGIN * extent.max(), rel=1e-5)
    inside = crop.to_crop(lean(upright, roll))
    np.testing.assert_allclose((inside.max(axis=0) + inside.min(axis=0)) / 2, [59.5, 59.5], atol=1e-2)


@pytest.mark.parametrize("roll", [0.0, 20.0, -45.0, 120.0])
def test_roll_of_five_points(roll: float) -> None:
    assert roll_of_points(lean(UPRIGHT_POINTS, roll)) == pytest.approx(roll, abs=1e-4)


def test_roll_of_a_profile_comes_from_the_line_it_shows() -> None:
    profile = UPRIGHT_POINTS.copy()
    profile[:, 0] = 50 + (profile[:, 0] - 50) * 0.02
    assert roll_of_points(lean(profile, 15.0)) == pytest.approx(15.0, abs=0.5)


def test_detection_crop_follows_the_roll() -> None:
    crop = crop_from_detection([20, 20, 80, 80], lean(UPRIGHT_POINTS, 40.0), 120)
    assert crop.roll_deg == pytest.approx(40.0, abs=1e-4)
    assert crop.center[0] < 50  # below the centre of the box, towards the chin, which points to the left
    assert crop_from_detection([20, 20, 80, 80], None, 120).roll_deg == 0.0
    given = crop_from_detection([20, 20, 80, 80], lean(UPRIGHT_POINTS, 40.0), 120, roll_deg=7.0)
    assert given.roll_deg == 7.0


def test_degenerate_boxes_give_a_crop_and_no_division_by_zero() -> None:
    crop = crop_from_detection([5, 5, 5, 5], None, 120)
    assert np.isfinite(crop.matrix).all()
    assert crop.side >= 1.0


@pytest.mark.parametrize("seed", range(20))
def test_crops_are_those_of_the_reference(seed: int) -> None:
    """Both compute in double from float32 pixels of some 100: rounding at the last of float32's 24 bits."""
    rng = np.random.default_rng(seed)
    box = np.concatenate([low := rng.uniform(-50, 100, 2), low + rng.uniform(0, 300, 2)]).astype(np.float32)
    five = rng.uniform(0, 200, (5, 2)).astype(np.float32)
    roll = float(rng.uniform(-180, 180))
    for points, given in ((None, None), (five, None), (five, roll)):
        found = _core.crop_from_detection(box, points, given)
        np.testing.assert_allclose(
            found, reference.crop_from_detection(box, points, given), rtol=1e-9, atol=1e-9
        )
    landmarks = rng.uniform(0, 200, (68, 2)).astype(np.float32)
    for given in (None, roll):
        found = _core.crop_from_landmarks(landmarks, given)
        np.testing.assert_allclose(
            found, reference.crop_from_landmarks(landmarks, given), rtol=1e-9, atol=1e-9
        )
    assert roll_from_landmarks(landmarks) == pytest.approx(
        _core.crop_from_landmarks(landmarks, None)[3], abs=1e-9
    )
    for mirrored in (False, True):
        matrix = _core.crop_matrix(found, 96, mirrored)
        np.testing.assert_allclose(matrix, reference.crop_matrix(found, 96, mirrored), rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize(("call", "name"), [
    (lambda: _core.crop_from_detection(np.zeros(3, np.float32), None, None), "box"),
    (lambda: _core.crop_from_detection(np.zeros(4), None, None), "box"),
    (lambda: _core.crop_from_detection(np.zeros(4, np.float32), np.zeros((4, 2)), None), "points"),
    (lambda: _core.crop_from_landmarks(np.zeros((67, 2), np.float32), None), "landmarks"),
    (lambda: _core.crop_matrix((0.0, 0.0, 0.0, 0.0), 96, False), "crop"),
    (lambda: _core.crop_matrix((0.0, 0.0, np.nan, 0.0), 96, False), "crop"),
    (lambda: _core.crop_matrix((0.0, 0.0, 5.0, 0.0), 0, False), "size"),
])  # fmt: skip
def test_arguments_that_do_not_fit_are_named(call: Any, name: str) -> None:
    with pytest.raises(InvalidArray, match=name):
        call()
