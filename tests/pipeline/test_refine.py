"""The step that moves the coefficients to the landmarks on which the predictions agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facesdk import FaceModel, InvalidArray, _core, manifest
from facesdk.core.arrays import FloatArray
from facesdk.core.landmarks import MIRROR_68
from facesdk.core.rotation import rotation_from_euler
from facesdk.reference import refine as reference

FOCAL = 4.5
Coefficients = tuple[FloatArray, FloatArray, FloatArray, FloatArray]  # identity, expression, R, m


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel.load()


@pytest.fixture(scope="module")
def engine_model() -> _core.FaceModel:
    return _core.load_face_model(str(manifest.asset_path(manifest.FACE_MODEL)), False)


def coefficients(model: FaceModel, seed: int = 0) -> Coefficients:
    rng = np.random.default_rng(seed)
    return (
        rng.normal(0, 0.7, model.n_id).astype(np.float32),
        rng.uniform(0, 0.3, model.n_exp).astype(np.float32),
        rotation_from_euler(20, -5, 8),
        np.array([10, -5, 1300], np.float32),
    )


def seen(model: FaceModel, x: Coefficients) -> FloatArray:
    identity, expression, rotation, translation = x
    points = model.landmarks_of(identity, expression) @ rotation.T + translation
    return np.asarray(FOCAL * points[:, :2] / points[:, 2:], np.float32)


def test_at_the_target_nothing_moves(model: FaceModel, engine_model: _core.FaceModel) -> None:
    x = coefficients(model)
    identity, _, rotation, translation = _core.refine(engine_model, FOCAL, seen(model, x), *x)
    np.testing.assert_allclose(identity, x[0], atol=2e-3)
    np.testing.assert_allclose(rotation, x[2], atol=1e-4)
    np.testing.assert_allclose(translation, x[3], atol=0.05)


def off_by_what_is_usual(model: FaceModel, seed: int) -> tuple[Coefficients, Coefficients, FloatArray]:
    """A truth, a prediction off by what is usual, and a target off by a third of a per cent."""
    rng = np.random.default_rng(seed)
    truth = coefficients(model, seed)
    predicted = (
        truth[0] + rng.normal(0, 0.3, model.n_id).astype(np.float32),
        truth[1],
        rotation_from_euler(*(rng.normal((20, -5, 8), 2.5))),
        truth[3] + np.array([3, -3, 30], np.float32),
    )
    return truth, predicted, seen(model, truth) + rng.normal(0, 0.003, (68, 2)).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_landmarks_and_pose_come_nearer_to_the_truth(
    model: FaceModel, engine_model: _core.FaceModel, seed: int
) -> None:
    truth, predicted, target = off_by_what_is_usual(model, seed)
    better = _core.refine(engine_model, FOCAL, target, *predicted)

    def error(x: Coefficients) -> float:
        return float(np.linalg.norm(seen(model, x) - seen(model, truth), axis=1).mean())

    assert error(better) < 0.4 * error(predicted)
    turned = [np.trace(x[2].T @ truth[2]) for x in (better, predicted)]
    assert turned[0] > turned[1]
    np.testing.assert_allclose(better[2] @ better[2].T, np.eye(3), atol=1e-5)
    assert 0 <= better[1].min() <= better[1].max() <= 1


@pytest.mark.parametrize("seed", range(6))
def test_the_step_is_that_of_the_reference(
    model: FaceModel, engine_model: _core.FaceModel, seed: int
) -> None:
    """The engine solves in float32 what the reference solves in double: 1e-4 of the largest step taken."""
    _, predicted, target = off_by_what_is_usual(model, seed)
    found = _core.refine(engine_model, FOCAL, target, *predicted)
    expected = reference.refine(*model.landmark_bases, FOCAL, target, *predicted)
    for ours, theirs, atol in zip(found, expected, (1e-3, 1e-3, 1e-4, 0.05), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=atol)


def test_a_broken_target_changes_nothing(model: FaceModel, engine_model: _core.FaceModel) -> None:
    x = coefficients(model)
    same = _core.refine(engine_model, FOCAL, np.full((68, 2), np.nan, np.float32), *x)
    for ours, given in zip(same, x, strict=True):
        np.testing.assert_array_equal(ours, given)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_mean_of_all_predictions_and_their_disagreement_are_the_reference_s(count: int) -> None:
    rng = np.random.default_rng(count)
    truth = rng.uniform(-0.4, 0.4, (68, 2))
    mirror = truth[MIRROR_68] * [-1, 1]
    mesh, maps, mirrored_mesh, mirrored_maps = (
        (points + rng.normal(0, 0.01, (68, 2))).astype(np.float32)
        for points in (truth, truth, mirror, mirror)
    )
    given = {
        1: (mesh, None, None, None),
        2: (mesh, maps, None, None),
        3: (mesh, maps, mirrored_mesh, None),
        4: (mesh, maps, mirrored_mesh, mirrored_maps),
    }[count]
    found = _core.agree_on_landmarks(*given)
    expected = reference.agree_on_landmarks(
        [points for points in given[:2] if points is not None],
        [points for points in given[2:] if points is not None],
    )
    if count == 1:
        assert found is expected is None
        return
    assert found is not None
    assert expected is not None
    np.testing.assert_allclose(found[0], expected[0], atol=1e-7)
    assert found[1] == pytest.approx(expected[1], rel=1e-5)
    assert np.linalg.norm(found[0] - truth, axis=1).mean() < 0.012 / np.sqrt(count) * 1.2


@pytest.mark.parametrize(("index", "value", "name"), [
    (0, np.zeros((68, 3), np.float32), "target"),
    (1, np.zeros(3, np.float32), "identity"),
    (2, np.zeros(3, np.float32), "expression"),
    (3, np.eye(4, dtype=np.float32), "rotation"),
    (4, np.zeros(3), "translation_mm"),
])  # fmt: skip
def test_arguments_that_do_not_fit_are_named(
    model: FaceModel, engine_model: _core.FaceModel, index: int, value: Any, name: str
) -> None:
    given: list[Any] = [np.zeros((68, 2), np.float32), *coefficients(model)]
    given[index] = value
    with pytest.raises(InvalidArray, match=name):
        _core.refine(engine_model, FOCAL, *given)
