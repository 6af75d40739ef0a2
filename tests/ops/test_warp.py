"""Affine warp."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facesdk import ops, reference


def picture(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def similarity(scale: float, degrees: float, x: float, y: float) -> NDArray[np.float32]:
    c, s = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.array([[c, -s, x], [s, c, y]], np.float32)


@pytest.mark.parametrize(("height", "width", "size"), [(1, 1, 1), (5, 3, 7), (48, 65, 33), (120, 90, 129)])
@pytest.mark.parametrize("degrees", [0, 17, -130])
@pytest.mark.parametrize("scale", [0.8, 0.27])
def test_equals_the_reference(height: int, width: int, size: int, degrees: float, scale: float) -> None:
    image = picture(height, width)
    matrix = similarity(scale, degrees, size / 3, size / 4)
    # The bilinear weights differ by the rounding of float coordinates, about 1e-5 px.
    np.testing.assert_allclose(ops.warp(image, matrix, size), reference.warp(image, matrix, size), atol=1e-4)
    difference = ops.warp(image, matrix, size, normalize=False).astype(int)
    difference -= reference.warp(image, matrix, size, normalize=False)
    assert np.abs(difference).max() <= 1  # a value that lies on a half may round either way


def test_identity_copies() -> None:
    image = picture(40, 40)
    np.testing.assert_array_equal(ops.warp(image, similarity(1, 0, 0, 0), 40, normalize=False), image)


def test_agrees_with_opencv() -> None:
    """OpenCV's weights have five bits: one grey level in 32 per channel step of 255."""
    image = cv2.GaussianBlur(picture(90, 120), (0, 0), 3).astype(np.uint8)
    matrix = similarity(0.9, 20, 10, -8)
    ours = ops.warp(image, matrix, 64, normalize=False).astype(int)
    theirs = cv2.warpAffine(image, matrix.astype(np.float64), (64, 64), flags=cv2.INTER_LINEAR)
    inner = cv2.warpAffine(np.ones((90, 120), np.uint8), matrix.astype(np.float64), (64, 64)) == 1
    inner = cv2.erode(inner.astype(np.uint8), np.ones((3, 3), np.uint8)) == 1
    assert np.abs(ours - theirs)[inner].max() <= 3


def test_outside_is_black_and_far_away_is_no_error() -> None:
    image = np.maximum(picture(20, 20), np.uint8(1))
    for matrix in (similarity(1, 0, 1000, 0), similarity(1e-12, 30, 0, 0), similarity(1, 0, 3e38, -3e38)):
        assert ops.warp(image, matrix, 9)[:, 1:, 1:].max() == 0


def test_out_is_filled_and_returned() -> None:
    image, matrix = picture(30, 30), similarity(0.5, 0, 0, 0)
    planes = np.full((3, 15, 15), np.nan, np.float32)
    assert ops.warp(image, matrix, 15, out=planes) is planes
    np.testing.assert_array_equal(planes, ops.warp(image, matrix, 15))
    pixels = np.zeros((15, 15, 3), np.uint8)
    assert ops.warp(image, matrix, 15, normalize=False, out=pixels) is pixels
    assert pixels.any()


@pytest.mark.parametrize("shrink", [3.0, 5.5, 12.0])
def test_shrinking_averages_instead_of_skipping(shrink: float) -> None:
    """Noise comes out near its mean, as from an area filter: fine texture must not flicker."""
    noise = picture(400, 400)
    size = int(300 / shrink)
    small = ops.warp(noise, similarity(1 / shrink, 0, -20 / shrink, -20 / shrink), size)
    spread = noise.std() / 255 / shrink  # of the mean of shrink x shrink independent pixels
    assert spread * 0.8 < small.std() < spread * 1.6
    assert small.mean() == pytest.approx(noise.mean() / 255, abs=0.01)
