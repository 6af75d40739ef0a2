"""Pictures made smaller for a look."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facesdk import ops, reference
from facesdk.errors import InvalidArray


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns", "halvings"),
    [(90, 70, 60, 44, 0), (30, 41, 90, 123, 0), (121, 83, 45, 31, 1), (300, 270, 50, 45, 2),
     (257, 190, 20, 15, 3), (512, 499, 31, 30, 4), (1, 1, 1, 1, 0), (2, 700, 1, 200, 1)],
)  # fmt: skip
def test_equals_the_reference(height: int, width: int, rows: int, columns: int, halvings: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    size = (rows, columns, halvings, rows + 3, columns + 5)
    np.testing.assert_array_equal(ops.resize(image, *size), reference.resize(image, *size))


@pytest.mark.parametrize("halvings", [5, 6])
def test_sums_that_do_not_fit_are_rounded_on_the_way(halvings: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (640, 520, 3), np.uint8)
    ours, wanted = (take(image, 7, 6, halvings, 7, 6).astype(int) for take in (ops.resize, reference.resize))
    assert np.abs(ours - wanted).max() <= 1


def test_is_near_a_library_of_pictures() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 300, 3), np.uint8)
    image = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)
    half = cv2.resize(image, (150, 200), interpolation=cv2.INTER_AREA)
    expected = cv2.resize(half, (110, 140), interpolation=cv2.INTER_LINEAR)
    ours = ops.resize(image, 140, 110, 1, 140, 110)
    # Both round; the library does so between the steps, too.
    assert np.abs(ours[..., :3].astype(int) - expected).max() <= 2
    assert not ours[..., 3].any()


def test_what_is_beyond_the_picture_is_black() -> None:
    out = ops.resize(np.full((40, 40, 3), 255, np.uint8), 20, 10, 1, 32, 32)
    assert (out[:20, :10, :3] == 255).all()
    assert not out[20:].any()
    assert not out[:, 10:].any()


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [((40, 40), (20, 20, 0, 20, 20)), ((40, 40, 3), (21, 20, 0, 20, 20)), ((40, 40, 3), (20, 0, 0, 20, 20)),
     ((40, 40, 3), (20, 20, 6, 20, 20)), ((40, 40, 3), (20, 20, -1, 20, 20)), ((40, 40, 3), (1, 1, 0, 0, 1)),
     ((40, 40, 3), (1, 1, 0, 1 << 20, 1 << 20)), ((0, 40, 3), (1, 1, 0, 1, 1))],
)  # fmt: skip
def test_bad_input(shape: tuple[int, ...], arguments: tuple[int, int, int, int, int]) -> None:
    with pytest.raises(InvalidArray):
        ops.resize(np.zeros(shape, np.uint8), *arguments)
