"""How sharp a gray crop is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facesdk import InvalidArray, ops, reference


def noise(size: int) -> np.ndarray:
    rng = np.random.default_rng(size)
    blurred = cv2.GaussianBlur(rng.random((size, size), np.float32), (0, 0), 1.0)
    return np.asarray(blurred, np.float32).reshape(size, size)


@pytest.mark.parametrize("size", [3, 5, 6, 17, 20, 21, 96, 112, 203])
def test_agrees_with_the_reference(size: int) -> None:
    gray = noise(size)
    assert ops.sharpness(gray) == pytest.approx(reference.sharpness(gray), rel=1e-5)


def test_a_bright_picture_of_little_contrast_is_measured_as_exactly() -> None:
    gray = np.asarray(0.98 + 0.01 * noise(112), np.float32)
    assert ops.sharpness(gray) == pytest.approx(reference.sharpness(gray), rel=1e-3)


def test_blur_lowers_it_and_contrast_does_not_matter() -> None:
    sharp = np.random.default_rng(0).random((112, 112), np.float32)
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 2.0), np.float32)
    assert ops.sharpness(blurred) < 0.5 * ops.sharpness(sharp)
    assert ops.sharpness(np.asarray(0.3 * sharp, np.float32)) == pytest.approx(ops.sharpness(sharp), rel=1e-4)


@pytest.mark.parametrize("angle_deg", [0, 30, 45, 90, 120, 135])
def test_motion_in_any_direction_lowers_it_as_a_gauss_of_equal_variance_does(angle_deg: float) -> None:
    """The Laplacian of a picture smeared in one direction stays near that of the sharp one."""
    sharp = cv2.GaussianBlur(np.random.default_rng(1).random((112, 112), np.float32), (0, 0), 0.7)
    length = 15
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D((length // 2, length // 2), angle_deg, 1.0)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, (length, length)), np.float32)
    smeared = np.asarray(cv2.filter2D(sharp, -1, kernel / kernel.sum()), np.float32)
    assert ops.sharpness(smeared) < 0.5 * ops.sharpness(np.asarray(sharp, np.float32))


@pytest.mark.parametrize("gray", [np.full((112, 112), 0.7, np.float32), np.zeros((2, 2), np.float32)])
def test_where_nothing_can_be_seen_it_is_zero(gray: np.ndarray) -> None:
    assert ops.sharpness(gray) == reference.sharpness(gray) == 0.0


@pytest.mark.parametrize("gray", [np.zeros((5, 6), np.float32), np.zeros((5, 5)), np.zeros(5, np.float32)])
def test_bad_arguments_are_named(gray: np.ndarray) -> None:
    with pytest.raises(InvalidArray, match=r"^gray: "):
        ops.sharpness(gray)
