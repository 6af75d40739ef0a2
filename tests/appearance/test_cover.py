"""What covers a face, clothes and hair take no part in its colours."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from facesdk import Face
from facesdk.appearance.cover import skin_shown
from facesdk.core.crop import crop_from_landmarks, roll_from_landmarks
from facesdk.core.occlusion import Occlusion
from facesdk.morphable.face_model import FaceModel
from facesdk.reference.occlusion import CELLS
from tests.appearance.portraits import photographed, plain

SIDE = 128
GREEN = (0, 255, 0)


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel.load()


@pytest.fixture(scope="module")
def face(model: FaceModel) -> Face:
    return photographed(model, plain(model))


def covered(face: Face, where: tuple[slice, slice]) -> Face:
    """The face with green pixels in a part of its crop, which the mask marks; the whole crop is outline."""
    matrix = crop_from_landmarks(face.landmarks_px, roll_from_landmarks(face.landmarks_px), SIDE).matrix
    chance = np.zeros((SIDE, SIDE), np.uint8)
    chance[where] = 255
    occlusion = Occlusion(
        float((chance > 0).mean()), chance, np.ones((CELLS, CELLS), np.uint8), matrix,
        np.ones(face.model.n_exp, np.float32),
    )  # fmt: skip
    image = face.image.copy()
    image[occlusion.mask(*image.shape[:2])] = GREEN
    return dataclasses.replace(face, image=image, occlusion=occlusion)


def green(texture: np.ndarray) -> float:
    """Share of a texture's texels that are rather green."""
    rgb = texture.astype(int)
    return float((rgb[..., 1] > rgb[..., [0, 2]].max(-1) + 60).mean())


def test_a_cover_is_left_out_of_texture_and_albedo(face: Face) -> None:
    """Of one eye and cheek; the other side fills its place."""
    half = covered(face, (slice(40, 90), slice(64, 128)))
    unaware = dataclasses.replace(half, occlusion=None)
    assert green(unaware.texture.image) > 0.02
    assert green(half.texture.image) == 0
    true = face.texture
    away = np.abs(half.texture.image.astype(int) - true.image).max(-1)
    assert np.quantile(away[true.observed > 0.9], 0.99) < 12
    assert half.texture.observed.mean() < true.observed.mean()
    half.fit_appearance(), unaware.fit_appearance(), face.fit_appearance()
    cheek = face.visible
    errors = [np.abs(one.albedo - face.albedo)[cheek].mean() for one in (half, unaware)]
    assert errors[0] < 0.3 * errors[1]


def test_what_lies_outside_the_outline_is_not_skin(face: Face) -> None:
    bare = covered(face, (slice(0, 0), slice(0, 0)))
    outline = bare.occlusion.outline.copy()
    outline[CELLS // 2 :] = 0
    half = dataclasses.replace(bare, occlusion=dataclasses.replace(bare.occlusion, outline=outline))
    shown = skin_shown(half.occlusion, half.posed_mesh)
    at = half.landmarks_px @ half.occlusion.matrix[:, :2].T + half.occlusion.matrix[:, 2]
    assert ((shown >= 0) & (shown <= 1)).all()
    below = half.model.landmarks(half.verts_face_mm)[at[:, 1] > SIDE / 2 + 6]
    low = half.verts_face_mm[:, 1] < below[:, 1].max()
    assert shown[low].max() == 0
    assert shown.max() == 1


def test_a_mesh_s_mirror_images_are_at_the_other_side(model: FaceModel) -> None:
    verts = model.decode(np.zeros(model.n_id), np.zeros(model.n_exp))
    assert np.abs(verts[model.mirror] * [-1, 1, 1] - verts).max() < 0.05
    np.testing.assert_array_equal(model.mirror[model.mirror], np.arange(model.n_verts))
    control = FaceModel.load(mesh="control")
    assert len(control.mirror) == control.n_verts


def test_the_hidden_side_of_a_turned_head_is_that_of_the_seen_one(model: FaceModel) -> None:
    """Where neither is seen, the model's albedo stands."""
    c, s = np.cos(np.radians(60)), np.sin(np.radians(60))
    turned = photographed(model, plain(model), np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32))
    marked = turned.image.copy()
    marked[..., 1] = 255 - (255 - marked[..., 1]) // 2  # a greenish photo, which the model's albedo is not
    texture = dataclasses.replace(turned, image=marked).texture
    excess = texture.image[..., 1].astype(int) - texture.image[..., 0]
    layout = texture.observed
    assert 0.1 < (layout > 0.9).mean() < 0.5
    hidden = (layout == 0) & (texture.image.sum(-1) > 0)
    assert (excess[hidden] > 20).mean() > 0.4
