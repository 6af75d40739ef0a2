"""Frames of other programs: each axis goes where that program's specification says."""

from __future__ import annotations

import numpy as np
import pytest

from facesdk import FaceModel
from facesdk.core import frames

RIGHT, UP, OUT = np.eye(3, dtype=np.float32)  # of the face frame; RIGHT is the picture's, the person's left


@pytest.mark.parametrize(
    ("rotation", "forward", "left", "up"),
    [
        (frames.GLTF_FROM_FACE, (0, 0, 1), (1, 0, 0), (0, 1, 0)),
        (frames.ARKIT_FROM_FACE, (0, 0, 1), (1, 0, 0), (0, 1, 0)),
        (frames.ROS_FROM_FACE, (1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ],
)
def test_axes(
    rotation: np.ndarray, forward: tuple[int, ...], left: tuple[int, ...], up: tuple[int, ...]
) -> None:
    """Forward: where the face faces; left and up: the person's."""
    assert np.array_equal(rotation @ OUT, forward)
    assert np.array_equal(rotation @ RIGHT, left)
    assert np.array_equal(rotation @ UP, up)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_the_sellion_is_the_bridge_of_the_nose() -> None:
    model = FaceModel.load()
    points = model.landmarks(model.decode(np.zeros(model.n_id), np.zeros(model.n_exp)))
    eyes, tip = points[36:48].mean(axis=0), points[30]
    x, y, z = points[frames.SELLION]
    assert abs(x) < 2  # mm, in the middle plane
    assert abs(y - eyes[1]) < 12  # at the height of the eyes
    assert eyes[2] < z < tip[2]  # before the eyes, behind the tip of the nose
    assert z * frames.METRES < 0.1
