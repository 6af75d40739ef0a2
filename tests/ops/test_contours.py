"""Contours of a gray picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facesdk import InvalidArray, ops, reference


def picture(height: int, width: int) -> np.ndarray:
    """Smooth patches of many gray levels, and noise."""
    rng = np.random.default_rng(height * 1000 + width)
    rough = cv2.resize(rng.integers(0, 256, (5, 7)).astype(np.float32), (width, height))
    return np.clip(rough + rng.normal(0, 20, (height, width)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (1, 9), (9, 1), (2, 3), (5, 6), (17, 16), (31, 64), (128, 128), (97, 203)]
)
def test_bits_are_those_of_the_reference(height: int, width: int) -> None:
    gray = picture(height, width)
    np.testing.assert_array_equal(ops.contours(gray), reference.contours(gray))


def test_nearly_the_pixels_of_opencv() -> None:
    """Its smoothed picture is rounded to whole gray levels, ours is not: some crests move by a pixel."""
    gray = picture(128, 128)
    theirs = cv2.Canny(cv2.GaussianBlur(gray, (0, 0), 1.8), 20, 40, L2gradient=True) > 0
    ours = ops.contours(gray) > 0
    kernel = np.ones((3, 3), np.uint8)
    for a, b in ((ours, theirs), (theirs, ours)):
        near = cv2.dilate(b.astype(np.uint8), kernel) > 0
        assert a.sum() > 500
        assert (a & near).sum() > 0.9 * a.sum()


@pytest.mark.parametrize("angle_deg", [0, 20, 45, 70, 90, 110, 135, 160])
def test_an_edge_of_any_direction_is_a_line_at_its_place(angle_deg: float) -> None:
    y, x = np.mgrid[:64, :64] - 31.5
    distance = x * np.cos(np.radians(angle_deg)) + y * np.sin(np.radians(angle_deg))
    found = ops.contours(np.where(distance > 0, 200, 50).astype(np.uint8)) > 0
    assert np.abs(distance[found]).max() < 1.5  # on a diagonal, crests of both pixel lattices beside it
    assert 60 <= found.sum() <= 2 * 64


def test_weak_edges_count_only_where_they_touch_a_strong_one() -> None:
    heights = np.linspace(15, 80, 60)[:, None]  # of a step; by Sobel's filter a gradient of 1.75 times that
    gray = np.where(np.arange(80) < 40, 100.0, 100.0 + heights).astype(np.uint8)
    assert ops.contours(gray)[:, 36:44].any(axis=1).all()
    weak = heights[:, 0] < 21
    assert not ops.contours(gray[weak]).any()


def test_a_flat_picture_has_none() -> None:
    assert not ops.contours(np.full((20, 20), 255, np.uint8)).any()


def test_mirrored_pictures_have_mirrored_contours() -> None:
    """But for crests of two equal pixels, of which the later one is taken."""
    gray = picture(96, 96)
    turned = ops.contours(np.ascontiguousarray(gray[:, ::-1]))[:, ::-1]
    assert (turned != ops.contours(gray)).mean() < 0.005


@pytest.mark.parametrize(
    "gray",
    [np.zeros((5, 6)), np.zeros((0, 5), np.uint8), np.zeros(5, np.uint8), np.zeros((2, 2, 3), np.uint8)],
)
def test_bad_arguments_are_named(gray: np.ndarray) -> None:
    with pytest.raises((InvalidArray, ValueError), match=r"^gray"):
        ops.contours(gray)
