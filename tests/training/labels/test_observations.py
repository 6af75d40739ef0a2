"""Crop frames from landmarks."""

import numpy as np

from training.datasets.crop_frame import CROP_OF_BOX, frames_of


def upright_face() -> np.ndarray:
    """Sixty-eight points, only their eyes and mouth where the roll is read from."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-40, 40, (68, 2))
    points[36:48] = [0, -20] + rng.uniform(-1, 1, (12, 2)) * [25, 0]
    points[48:68] = [0, 30] + rng.uniform(-1, 1, (20, 2)) * [20, 0]
    points[36:48, 0] -= points[36:48, 0].mean() - points[48:68, 0].mean()
    return points


def test_a_turned_face_gets_the_same_crop() -> None:
    points = upright_face()
    angle, centre = np.radians(37.0), np.array([120.0, 90.0])
    c, s = np.cos(angle), np.sin(angle)
    turned = points @ np.array([[c, s], [-s, c]]) + centre
    a, b = frames_of(points[None]), frames_of(turned[None])
    np.testing.assert_allclose(b.roll - a.roll, angle)
    np.testing.assert_allclose(b.side, a.side)
    np.testing.assert_allclose(b.to_crop(turned[None]), a.to_crop(points[None]), atol=1e-9)


def test_the_box_is_centred_and_fills_its_share() -> None:
    points = upright_face()[None]
    inside = frames_of(points).to_crop(points)[0]
    np.testing.assert_allclose(inside.max(0) + inside.min(0), 0, atol=1e-9)
    np.testing.assert_allclose(np.ptp(inside, axis=0).max(), 1 / CROP_OF_BOX)


def test_the_matrix_says_the_same_as_the_points() -> None:
    points = upright_face()[None] + 100
    frames = frames_of(points)
    matrix = frames.matrix(0, 96)
    pixels = points[0] @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(pixels, frames.to_crop(points)[0] * 96 + 47.5, atol=1e-9)
