"""Albedo and light fitted to the pixels of a photo whose albedo and light are known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from facesdk import Face, FaceSDK, Options
from facesdk.appearance import fit
from facesdk.core.appearance import Appearance
from facesdk.morphable.face_model import FaceModel
from tests.appearance.portraits import landmarks_px, photographed, plain


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel.load()


def fitted(face: Face) -> Face:
    """The same face, its colours fitted to its photo."""
    face = dataclasses.replace(face, fitted_appearance=None)
    face.fit_appearance()
    return face


def made(model: FaceModel, seed: int) -> Appearance:
    """Someone's colours, lit from one side."""
    rng = np.random.default_rng(seed)
    start = plain(model)
    sh = start.sh.copy()
    sh[1:4] = rng.normal(0, 0.25, (3, 1))
    albedo, detail = (rng.normal(0, 0.7, n).astype(np.float32) for n in (model.n_tex, model.n_detail))
    return Appearance(albedo, detail, sh)


def difference(face: Face) -> float:
    """Mean absolute difference of photo and rendering where the face is, 0..1."""
    covered = face.depth_mm() > 0
    return float(np.abs(face.render().astype(float) - face.image)[covered].mean() / 255)


def test_the_rendering_comes_near_the_photo(model: FaceModel) -> None:
    face = photographed(model, made(model, 0))
    assert difference(face) > 0.04
    assert difference(fitted(face)) < 0.5 * difference(face)  # the rest: neck and crown, which are left alone


def test_reading_a_property_fits_nothing(model: FaceModel) -> None:
    face = photographed(model, made(model, 0))
    before = (face.albedo, face.sh, face.albedo_coefficients, face.render(), face.identity_code, face.texture)
    assert face.to_dict()["appearance"] == "predicted"
    assert face.fitted_appearance is None
    assert face.appearance is face.predicted_appearance
    found = face.fit_appearance()
    assert face.appearance is found is face.fit_appearance()
    assert face.to_dict()["appearance"] == "fitted"
    # What was read before is made anew from the fit.
    after = (face.albedo, face.sh, face.albedo_coefficients, face.render(), face.identity_code, face.texture)
    for old, new in zip(before[:-1], after[:-1], strict=True):
        assert not np.array_equal(old, new)
    assert not np.array_equal(before[-1].image, after[-1].image)


def test_what_covers_a_part_pulls_little(model: FaceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    face = photographed(model, made(model, 1))
    clean = fitted(face).albedo
    covered = dataclasses.replace(face, image=face.image.copy())
    x0, y0 = covered.landmarks_px[36:48].min(0).astype(int) - 6
    x1, y1 = covered.landmarks_px[36:48].max(0).astype(int) + 6
    covered.image[y0:y1, x0:x1] = (10, 10, 10)  # sunglasses
    cheeks = face.model.face_proper()[::11]
    at = face.model.landmarks(face.verts_face_mm)
    low = face.verts_face_mm[cheeks, 1] < at[29, 1]
    moved = np.abs(fitted(covered).albedo[cheeks[low]] - clean[cheeks[low]]).mean()
    monkeypatch.setattr(fit, "OUTLIER", 1e3)
    trusting = fitted(covered).albedo
    assert moved < 0.6 * np.abs(trusting[cheeks[low]] - clean[cheeks[low]]).mean()


@pytest.mark.parametrize("shift_mm", [-5000.0, 400.0])
def test_a_face_out_of_the_picture_keeps_the_prediction(model: FaceModel, shift_mm: float) -> None:
    face = photographed(model, made(model, 2))
    moved = face.pose.translation_mm + np.array([shift_mm, 0, 0], np.float32)
    pose = dataclasses.replace(face.pose, translation_mm=moved)
    points = landmarks_px(model, face.verts_face_mm, pose)
    away = dataclasses.replace(face, pose=pose, landmarks_px=points)
    assert away.fit_appearance() is away.predicted_appearance


def test_a_black_photo_gives_finite_colours(model: FaceModel) -> None:
    face = photographed(model, made(model, 3))
    dark = fitted(dataclasses.replace(face, image=np.zeros_like(face.image)))
    assert np.isfinite(dark.albedo).all()
    assert np.isfinite(dark.sh).all()
    assert dark.render().max() < 40


def test_the_option_fits_every_face_of_a_photo(tiny_options: Options, picture: np.ndarray) -> None:
    sdk = FaceSDK(dataclasses.replace(tiny_options, fit_appearance=True), detector=[[110, 60, 210, 180]])
    assert [face.fitted_appearance is not None for face in sdk.reconstruct(picture)] == [True]
