"""What a mask says of a face: parity with the reference, and that it is right where the answer is known."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from facesdk import FaceModel, InvalidArray, _core, manifest, ops
from facesdk.core.arrays import FloatArray
from facesdk.reference import occlusion as reference
from facesdk.reference.align import crop_from_landmarks, crop_matrix

SIDE, SIZE = 128, 400
INTRINSICS = np.array([[900, 0, 200], [0, 900, 200], [0, 0, 1]], np.float32)
FRONTAL = np.diag([1.0, -1.0, -1.0]).astype(np.float32)


@functools.cache
def bundled() -> tuple[FaceModel, Any]:
    return FaceModel.load(), _core.load_face_model(
        str(manifest.asset_path(manifest.FACE_MODEL)).encode(), False
    )


@functools.cache
def moved() -> tuple[np.ndarray, list[tuple[np.ndarray, FloatArray]]]:
    """The region's vertices and what each expression moves, by the reference."""
    model, _ = bundled()
    nobody, still = np.zeros(model.n_id, np.float32), np.zeros(model.n_exp, np.float32)
    region = np.flatnonzero(reference.above_jaw(model.identity_mesh(nobody), model.landmark_mean_mm[:17]))
    resting = model.decode(nobody, still)[region]
    return region, [
        reference.moved_vertices(
            model.decode(nobody, np.eye(model.n_exp, dtype=np.float32)[e])[region] - resting
        )
        for e in range(model.n_exp)
    ]


def rotation(yaw_deg: float) -> FloatArray:
    c, s = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    return np.asarray(FRONTAL @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]), np.float32)


def placed(yaw_deg: float = 0.0, shift: tuple[float, float] = (0, 0)) -> dict[str, Any]:
    """A mean face in a picture, and its crop."""
    model, _ = bundled()
    verts = model.decode(np.zeros(model.n_id, np.float32), np.zeros(model.n_exp, np.float32))
    place = {"rotation": rotation(yaw_deg), "translation": np.array([*shift, 700], np.float32)}
    landmarks = ops.project(ops.transform(model.landmarks(verts), *place.values()), INTRINSICS)[:, :2]
    matrix = np.ascontiguousarray(crop_matrix(crop_from_landmarks(landmarks), SIDE))
    return {"verts": verts, **place, "matrix": matrix}


def measured(chance: np.ndarray, place: dict[str, Any]) -> reference.Cover:
    found = _core.measure_cover(bundled()[1], chance, place["matrix"], place["verts"], place["rotation"],
                                place["translation"], INTRINSICS, SIZE, SIZE)  # fmt: skip
    return reference.Cover(*found)


def expected(chance: np.ndarray, place: dict[str, Any]) -> reference.Cover:
    region, shares = moved()
    verts = ops.transform(
        np.ascontiguousarray(place["verts"][region]), place["rotation"], place["translation"]
    )
    points = ops.project(verts, INTRINSICS)
    return reference.measure_cover(chance, place["matrix"], points, shares, SIZE, SIZE)


def mask(rows: slice = slice(0), columns: slice = slice(None)) -> np.ndarray:
    chance = np.zeros((SIDE, SIDE), np.uint8)
    chance[rows, columns] = 255
    return chance


@pytest.mark.parametrize("seed", range(6))
def test_cover_is_that_of_the_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    place = placed(float(rng.uniform(-80, 80)), tuple(rng.uniform(-120, 120, 2)))
    chance = np.kron(rng.integers(0, 256, (16, 16)), np.ones((8, 8))).astype(np.uint8)
    ours, wanted = measured(chance, place), expected(chance, place)
    np.testing.assert_array_equal(ours.outline, wanted.outline)
    assert ours.share == wanted.share
    np.testing.assert_allclose(ours.observed, wanted.observed, atol=1e-6)
    np.testing.assert_allclose(ours.uncovered, wanted.uncovered, atol=1e-6)
    drawn = _core.occlusion_mask(chance, ours.outline, place["matrix"], SIZE, SIZE)
    np.testing.assert_array_equal(
        drawn == 1, reference.occlusion_mask(chance, ours.outline, place["matrix"], SIZE, SIZE)
    )


def observed(cover: reference.Cover, name: str) -> float:
    return float(cover.observed[bundled()[0].exp_names.index(name)])


def test_a_bare_face_is_observed() -> None:
    cover = measured(mask(), placed())
    assert cover.share == 0
    assert observed(cover, "jawOpen") > 0.9
    assert observed(cover, "eyeBlink_L") > 0.8
    assert (cover.uncovered > 0.8).all()  # brows move the forehead, whose top the crop cuts


def test_a_mask_hides_the_mouth_and_leaves_the_eyes() -> None:
    cover = measured(mask(slice(70, 128)), placed())
    assert 0.2 < cover.share < 0.6
    for name in ("jawOpen", "mouthSmile_L", "mouthPucker"):
        assert observed(cover, name) < 0.5
    for name in ("eyeBlink_L", "eyeBlink_R", "browInnerUp_L"):
        assert observed(cover, name) > 0.8


def test_a_hand_on_one_side_hides_that_side() -> None:
    """The person's left eye is on the picture's right."""
    cover = measured(mask(slice(None), slice(64, 128)), placed())
    assert observed(cover, "eyeBlink_L") < 0.2 < 0.8 < observed(cover, "eyeBlink_R")


def test_a_turned_head_hides_its_far_side_without_cover() -> None:
    cover = measured(mask(), placed(75.0))
    eyes = [observed(cover, f"eyeBlink_{side}") for side in "LR"]
    assert min(eyes) < 0.5 < max(eyes)
    assert cover.share == 0


@pytest.mark.parametrize(("chance", "share"), [(mask(), 0.0), (mask(slice(None)), 1.0)])
def test_masks_of_one_value(chance: np.ndarray, share: float) -> None:
    cover = measured(chance, placed())
    assert cover.share == share
    assert (cover.uncovered == 0).all() if share else (cover.uncovered > 0.8).all()


@pytest.mark.parametrize("shift", [(1000.0, 0.0), (0.0, -2000.0)])
def test_a_face_outside_the_picture_is_not_observed(shift: tuple[float, float]) -> None:
    cover = measured(mask(), placed(shift=shift))
    assert np.isfinite(cover.share)
    assert not cover.observed.any()


def test_a_face_behind_the_camera_is_a_stated_result() -> None:
    place = placed()
    place["translation"] = np.array([0, 0, -700], np.float32)
    cover = measured(mask(), place)
    assert cover.share == 0
    assert not cover.observed.any()


@pytest.mark.parametrize(("change", "wanted"), [
    ({"chance": np.zeros((SIDE, 64), np.uint8)}, "chance"),
    ({"chance": np.zeros((SIDE, SIDE), np.float32)}, "chance"),
    ({"outline": np.zeros((3, 3), np.uint8)}, "outline"),
    ({"matrix": np.zeros((3, 3), np.float32)}, "matrix"),
    ({"height": 0}, "height"),
])  # fmt: skip
def test_bad_input(change: dict[str, Any], wanted: str) -> None:
    given: dict[str, Any] = {
        "chance": mask(), "outline": np.zeros((44, 44), np.uint8), "matrix": np.zeros((2, 3), np.float32),
        "height": SIZE, "width": SIZE,
    }  # fmt: skip
    with pytest.raises((InvalidArray, ValueError), match=wanted):
        _core.occlusion_mask(**given | change)
