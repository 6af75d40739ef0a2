"""The figures of masks are right where the answer is known."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from benchmarks.occlusion import mask_accuracy
from benchmarks.occlusion.mask_accuracy import boundary, chance_at, hull, true_cover
from benchmarks.occlusion.occluders import blobs
from facesdk.core.occlusion import Occlusion

CORNERS = np.array([[10, 10], [50, 10], [50, 40], [10, 40]], float)


def test_a_hull_is_filled() -> None:
    mask = hull(CORNERS, 60, 80)
    assert mask.shape == (60, 80)
    assert mask.sum() == 41 * 31


def test_a_known_cover_is_found_whatever_its_colours() -> None:
    """Half of the box is covered by white and half by black; neither picture hides it."""
    picture = np.full((60, 80, 3), 90, np.uint8)

    def put(picture: np.ndarray, points: np.ndarray, number: int) -> np.ndarray:
        out = picture.copy()
        out[10:20, 10:50], out[20:30, 10:50] = 255, 0
        return out

    expected = np.zeros((60, 80), bool)
    expected[10:30, 10:50] = True
    np.testing.assert_array_equal(true_cover(put, picture, CORNERS, 0), expected)


@pytest.mark.parametrize("share", [20, 40])
def test_blobs_cover_the_share_that_they_say(share: int) -> None:
    picture = np.full((200, 200, 3), 90, np.uint8)
    points = np.array([[50, 40], [150, 40], [150, 160], [50, 160]], float)
    cover = true_cover(lambda p, q, n: blobs(p, q, share, n), picture, points, 3)
    assert cover[40:161, 50:151].mean() == pytest.approx(share / 100, abs=0.02)


@pytest.mark.parametrize("px", [1, 3])
def test_a_boundary_is_a_band_within_the_mask(px: int) -> None:
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    assert boundary(mask, px).sum() == 20**2 - (20 - 2 * px) ** 2


class PaintedFace:
    """What the figures read of a face: green pixels of the picture are its cover."""

    def __init__(self, picture: np.ndarray, points: np.ndarray) -> None:
        self.landmarks_px = points
        self.occlusion_mask = (picture == (0, 255, 0)).all(-1)
        small = cv2.resize(self.occlusion_mask.astype(np.uint8) * 255, (64, 64))
        scale = 64 / picture.shape[1]
        matrix = np.array([[scale, 0, 0], [0, scale, 0]], np.float32)
        self.occlusion = Occlusion(0.0, small, np.ones((44, 44), np.uint8), matrix, np.ones(3, np.float32))


def test_shares_and_chances_are_those_of_the_mask() -> None:
    picture = np.zeros((80, 80, 3), np.uint8)
    picture[25:80] = (0, 255, 0)
    face: Any = PaintedFace(picture, CORNERS)
    assert mask_accuracy.covered_pixels(face)[25:].all()
    chances = chance_at(face, np.array([[40.0, 10.0], [40.0, 60.0]]))
    np.testing.assert_allclose(chances, [0, 1], atol=0.05)


def test_a_bare_face_s_share_is_counted_within_its_points(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[35:] = (0, 255, 0)  # 6 of the hull's 31 rows, and all below it

    class Case:
        points = CORNERS

        def __init__(self) -> None:
            self.picture = None

    monkeypatch.setattr(mask_accuracy, "read", lambda path: picture)
    monkeypatch.setattr(mask_accuracy, "face_of", lambda sdk, shown, points: PaintedFace(shown, points))
    sdk: Any = None
    cases: Any = [Case(), Case()]
    assert mask_accuracy.false_cover(sdk, cases) == pytest.approx([6 / 31, 6 / 31])
