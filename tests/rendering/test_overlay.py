"""Overlays, textures and quality: what a person will look at."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from facesdk import Face, FaceSDK, InvalidOptions
from facesdk.ops import sharpness
from facesdk.rendering.overlay import LAYERS


@pytest.fixture
def face(tiny_sdk: FaceSDK, picture: Any) -> Face:
    return tiny_sdk.reconstruct(picture).faces[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_draws_on_the_face_and_nowhere_else(tiny_sdk: FaceSDK, picture: Any, layer: str) -> None:
    result = tiny_sdk.reconstruct(picture)
    drawn = result.overlay(layer)
    changed = (drawn != picture).any(axis=2)
    near = cv2.dilate((result.faces[0].depth_mm() > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert changed.any()
    assert not (changed & ~near).any()
    np.testing.assert_array_equal(result.image, picture)  # the photo itself is left alone


def test_unknown_layers_are_refused_by_name(tiny_sdk: FaceSDK, picture: Any) -> None:
    with pytest.raises(InvalidOptions, match="wrinkles"):
        tiny_sdk.reconstruct(picture).overlay(["mesh", "wrinkles"])


def test_plot_shows_every_layer(tiny_sdk: FaceSDK, picture: Any) -> None:
    sheet = tiny_sdk.reconstruct(picture).plot()
    assert sheet.dtype == np.uint8
    tile_height, tile_width = sheet.shape[0] // 2 - 26, sheet.shape[1] // 3
    assert max(tile_height, tile_width) > 240  # the face, larger than in the photo
    sheet = tiny_sdk.reconstruct(picture, boxes=np.zeros((0, 4))).plot()
    assert sheet.shape == (2 * (360 + 26), 3 * 480, 3)  # no face: the whole photo


def test_one_face_draws_itself_alone(tiny_sdk: FaceSDK, picture: Any) -> None:
    one, two = tiny_sdk.reconstruct(picture, boxes=[[10, 10, 90, 110], [200, 100, 300, 220]]).faces
    drawn = one.overlay("mesh")
    assert (drawn != picture)[one.depth_mm() > 0].any()
    np.testing.assert_array_equal(drawn[two.depth_mm() > 0], picture[two.depth_mm() > 0])
    assert one.plot().ndim == 3


def test_texture_gives_the_photo_back(face: Face) -> None:
    """A texel that is wholly observed has the colour of the pixel that its point projects to."""
    smooth = cv2.GaussianBlur(face.image, (0, 0), 6)
    face.image = smooth
    texture = face.texture
    assert texture.observed.max() == 1.0
    pixels = face.verts_camera_mm @ face.pose.intrinsics.T
    pixels = pixels[:, :2] / pixels[:, 2:]
    rows = np.rint((1 - face.model.uv[:, 1]) * 1024 - 0.5).astype(int)
    columns = np.rint(face.model.uv[:, 0] * 1024 - 0.5).astype(int)
    sure = texture.observed[rows, columns] > 0.99
    assert sure.sum() > 300
    at = np.rint(pixels[sure]).astype(int)
    expected = smooth[at[:, 1], at[:, 0]].astype(int)
    found = texture.image[rows[sure], columns[sure]].astype(int)
    assert np.abs(expected - found).mean() < 4


def test_texture_of_what_is_out_of_the_picture_is_the_model_s(tiny_sdk: FaceSDK, picture: Any) -> None:
    face = tiny_sdk.reconstruct(picture, boxes=[[-60, 60, 40, 180]]).faces[0]
    observed = face.texture.observed
    covered = face.texture.image.any(axis=2)
    assert covered.mean() > 0.7  # the texture has no holes
    share = (observed > 0).sum() / covered.sum()
    assert 0.1 < share < 0.6  # about a third of the face is in the picture


def test_sharp_and_blurred_crops() -> None:
    rng = np.random.default_rng(0)
    coarse = cv2.resize(
        rng.uniform(size=(12, 12)).astype(np.float32), (112, 112), interpolation=cv2.INTER_CUBIC
    )
    sharp = coarse + 0.1 * rng.normal(size=coarse.shape).astype(np.float32)
    assert sharpness(sharp) > 2 * sharpness(cv2.GaussianBlur(sharp, (0, 0), 2.0))
    assert sharpness(np.full((112, 112), 0.5, np.float32)) == 0.0
