"""The 68 landmarks of the shipped model follow what a face does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from facesdk.morphable.face_model import FaceModel

FloatArray = npt.NDArray[np.float32]
LIDS = {"Right": ((37, 41), (38, 40)), "Left": ((43, 47), (44, 46))}
LIPS = ((61, 67), (62, 66), (63, 65))


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel.load()


def landmarks(model: FaceModel, **weights: float) -> FloatArray:
    """Of the mean face with ARKit weights."""
    neutral = np.zeros(model.n_id, np.float32)
    return model.landmarks(model.decode(neutral, model.expression_from_arkit(weights)))


def gap(points: FloatArray, pairs: tuple[tuple[int, int], ...]) -> float:
    """Mean height in mm of the upper points above the lower ones, up in the face frame."""
    return float(np.mean([points[above, 1] - points[below, 1] for above, below in pairs]))


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_a_blink_shuts_the_landmarks_of_its_eye(model: FaceModel, side: str) -> None:
    other = "Left" if side == "Right" else "Right"
    before, after = landmarks(model), landmarks(model, **{f"eyeBlink{side}": 1.0})
    assert gap(before, LIDS[side]) > 6
    assert abs(gap(after, LIDS[side])) < 2
    assert gap(after, LIDS[other]) == pytest.approx(gap(before, LIDS[other]), abs=0.2)


def test_an_open_jaw_opens_the_landmarks_of_the_mouth(model: FaceModel) -> None:
    assert gap(landmarks(model, jawOpen=1.0), LIPS) > gap(landmarks(model), LIPS) + 10


def test_left_and_right_landmarks_are_alike(model: FaceModel) -> None:
    right, left = landmarks(model)[[36, 37, 38, 39, 40, 41]], landmarks(model)[[45, 44, 43, 42, 47, 46]]
    np.testing.assert_allclose(right * [-1, 1, 1], left, atol=1.0)  # learned from photos of both sides
