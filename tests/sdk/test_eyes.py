"""Open and shut eyes, from their pixels."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors.numpy import save_file

from facesdk import AssetError
from facesdk.eyes import ACROSS, CORNERS, DOWN, Eyes

SIZE = 96


def landmarks(tilt_deg: float = 0.0) -> np.ndarray:
    """A face in the middle whose eyes' corners are in place, leaning to the picture's right."""
    points = np.zeros((68, 2), np.float32)
    for (outer, inner), side in zip(CORNERS, (-1, 1), strict=True):
        points[outer], points[inner] = [side * 0.22, -0.1], [side * 0.08, -0.1]
    angle = np.radians(tilt_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points @ turn.T).astype(np.float32)


def picture(tilt_deg: float = 0.0) -> np.ndarray:
    """Gray crop with a dark dot at each outer corner of those eyes, and a bar under each eye."""
    crop = np.full((SIZE, SIZE), 0.5, np.float32)
    upright = landmarks()
    for outer, inner in CORNERS:
        middle = (upright[outer] + upright[inner]) / 2 + [0, 0.05]
        for place, level in ((upright[outer], 0.0), (middle, 1.0)):
            x, y = (place + 0.5) * SIZE - 0.5
            cv2.circle(crop, (round(float(x)), round(float(y))), 2, level, -1)
    matrix = cv2.getRotationMatrix2D(((SIZE - 1) / 2, (SIZE - 1) / 2), -tilt_deg, 1.0)
    return cv2.warpAffine(crop, matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)


def plain() -> Eyes:
    """Eyes whose network asks for the brightness under the eye."""
    weight = np.zeros((DOWN, ACROSS), np.float32)
    weight[9:, 8:16] = 1
    return Eyes([(weight.reshape(1, -1), np.zeros(1, np.float32))])


@pytest.mark.parametrize("tilt_deg", [0.0, 30.0, -90.0])
def test_patches_turn_with_the_face_and_mirror_the_left_eye(tilt_deg: float) -> None:
    right, left = plain().patches(picture(tilt_deg), landmarks(tilt_deg)).reshape(2, DOWN, ACROSS)
    np.testing.assert_allclose(right, left, atol=1.0)  # deviations; the dots fall on pixels differently
    outer = right[DOWN // 2 - 2 : DOWN // 2 + 2, :8]
    assert outer.min() == right.min()
    assert right[9:, 8:16].max() == right.max()


def test_brightness_and_contrast_do_not_matter() -> None:
    crop = picture()
    bright, faint = plain().patches(crop, landmarks()), plain().patches(0.3 + 0.6 * crop, landmarks())
    np.testing.assert_allclose(bright, faint, atol=0.35)


def test_shares_are_between_open_and_shut() -> None:
    shares = plain()(picture(), landmarks())
    assert shares.shape == (2,)
    assert (shares == 1).all()
    assert (plain()(1 - picture(), landmarks()) == 0).all()


def test_eyes_beyond_the_crop_are_read_at_its_border() -> None:
    shares = plain()(picture(), landmarks() + np.float32(2))
    assert np.isfinite(shares).all()


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "eyes.safetensors"
    path.write_bytes(b"no tensors")
    with pytest.raises(AssetError, match=r"eyes\.safetensors"):
        Eyes.load(path)
    save_file({"0.weight": np.zeros((1, 7), np.float32), "0.bias": np.zeros(1, np.float32)}, path)
    with pytest.raises(AssetError, match=r"eyes\.safetensors"):
        Eyes.load(path)
