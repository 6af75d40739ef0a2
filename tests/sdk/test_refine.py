"""The step that brings the coefficients to the landmarks both answers agree on."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest

from facesdk.camera import rotation_from_euler
from facesdk.morphable.face_model import FaceModel
from facesdk.refine import LandmarkModel, refine
from facesdk.regress import Coefficients

FOCAL = 4.5
FloatArray = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel.load()


@pytest.fixture(scope="module")
def landmarks(model: FaceModel) -> LandmarkModel:
    return LandmarkModel(*model.landmark_bases, model.n_id)


def coefficients(model: FaceModel, seed: int = 0) -> Coefficients:
    rng = np.random.default_rng(seed)
    return Coefficients(
        identity=rng.normal(0, 0.7, model.n_id).astype(np.float32),
        albedo=np.zeros(model.n_tex, np.float32),
        expression=rng.uniform(0, 0.3, model.n_exp).astype(np.float32),
        rotation=rotation_from_euler(20, -5, 8),
        translation_mm=np.array([10, -5, 1300], np.float32),
        sh=np.zeros((9, 3), np.float32),
    )


def seen(model: FaceModel, x: Coefficients) -> FloatArray:
    points = model.landmarks_of(x.identity, x.expression) @ x.rotation.T + x.translation_mm
    return np.asarray(FOCAL * points[:, :2] / points[:, 2:], np.float32)


def test_at_the_target_nothing_moves(model: FaceModel, landmarks: LandmarkModel) -> None:
    x = coefficients(model)
    same = refine(x, seen(model, x), landmarks, FOCAL)
    np.testing.assert_allclose(same.identity, x.identity, atol=2e-3)
    np.testing.assert_allclose(same.rotation, x.rotation, atol=1e-4)
    np.testing.assert_allclose(same.translation_mm, x.translation_mm, atol=0.05)


@pytest.mark.parametrize("seed", range(4))
def test_landmarks_and_pose_come_nearer_to_the_truth(
    model: FaceModel, landmarks: LandmarkModel, seed: int
) -> None:
    """A network that is off by what is usual, and a target that is off by a third of a per cent."""
    rng = np.random.default_rng(seed)
    truth = coefficients(model, seed)
    guess = dataclasses.replace(
        truth,
        identity=truth.identity + rng.normal(0, 0.3, model.n_id).astype(np.float32),
        rotation=rotation_from_euler(*(rng.normal((20, -5, 8), 2.5))),
        translation_mm=truth.translation_mm + np.array([3, -3, 30], np.float32),
    )
    target = seen(model, truth) + rng.normal(0, 0.003, (68, 2)).astype(np.float32)
    better = refine(guess, target, landmarks, FOCAL)

    def error(x: Coefficients) -> float:
        return float(np.linalg.norm(seen(model, x) - seen(model, truth), axis=1).mean())

    assert error(better) < 0.4 * error(guess)
    turned = [np.trace(x.rotation.T @ truth.rotation) for x in (better, guess)]
    assert turned[0] > turned[1]
    np.testing.assert_allclose(better.rotation @ better.rotation.T, np.eye(3), atol=1e-5)
    assert 0 <= better.expression.min() <= better.expression.max() <= 1


def test_a_broken_target_changes_nothing(model: FaceModel, landmarks: LandmarkModel) -> None:
    x = coefficients(model)
    assert refine(x, np.full((68, 2), np.nan, np.float32), landmarks, FOCAL) is x
