"""One person in several photos: the bundled photo as other cameras would have taken it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from facesdk import FaceSDK, InvalidArray, InvalidImage, Options, Person, manifest
from facesdk.io.image import load_image


@pytest.fixture(scope="module")
def sdk() -> FaceSDK:
    return FaceSDK(Options(max_faces=1))


@pytest.fixture(scope="module")
def photos() -> list[Any]:
    sample = np.asarray(load_image(manifest.asset_path(manifest.SAMPLE)))
    height, width = sample.shape[:2]
    turned = cv2.warpAffine(
        sample,
        cv2.getRotationMatrix2D((width / 2, height / 2), 12, 0.9),
        (width, height),
        borderValue=(90,) * 3,
    )
    dark = (sample * 0.5).astype(np.uint8)
    return [sample, np.asarray(turned), dark, np.ascontiguousarray(cv2.resize(sample, None, fx=0.6, fy=0.6))]


@pytest.fixture(scope="module")
def person(sdk: FaceSDK, photos: list[Any]) -> Person:
    return sdk.reconstruct_person(photos)


def test_all_photos_have_one_shape_and_one_albedo(person: Person, photos: list[Any]) -> None:
    assert len(person) == len(person.faces) == len(photos)
    for face, photo in zip(person.faces, photos, strict=True):
        np.testing.assert_array_equal(face.identity, person.identity)
        np.testing.assert_array_equal(face.albedo_coefficients, person.albedo_coefficients)
        np.testing.assert_array_equal(face.neutral(), person.neutral())
        np.testing.assert_array_equal(face.image, photo)


def test_the_mean_lies_among_the_photos(sdk: FaceSDK, person: Person, photos: list[Any]) -> None:
    alone = np.stack([sdk.reconstruct(photo).faces[0].identity for photo in photos])
    assert (person.identity >= alone.min(0) - 1e-5).all()
    assert (person.identity <= alone.max(0) + 1e-5).all()


def test_each_photo_keeps_its_landmarks(sdk: FaceSDK, person: Person, photos: list[Any]) -> None:
    for face, photo in zip(person.faces, photos, strict=True):
        alone = sdk.reconstruct(photo).faces[0]
        moved = np.linalg.norm(face.landmarks_px - alone.landmarks_px, axis=1).mean()
        assert moved < 0.01 * np.ptp(alone.landmarks_px, axis=0).max()


def test_one_photo_is_the_person(sdk: FaceSDK, photos: list[Any]) -> None:
    alone, person = sdk.reconstruct(photos[0]).faces[0], sdk.reconstruct_person(photos[:1])
    np.testing.assert_array_equal(person.identity, alone.identity)
    np.testing.assert_allclose(person.faces[0].verts_face_mm, alone.verts_face_mm, atol=0.5)


def test_a_photo_without_a_face_has_an_empty_result(sdk: FaceSDK, photos: list[Any]) -> None:
    black = np.zeros((64, 64, 3), np.uint8)
    person = sdk.reconstruct_person([black, photos[0], black])
    assert [len(result) for result in person] == [0, 1, 0]
    assert repr(person) == "Person(1 faces in 3 photos)"
    np.testing.assert_array_equal(person.identity, sdk.reconstruct_person(photos[:1]).identity)


def test_a_poor_photo_counts_less(sdk: FaceSDK, photos: list[Any]) -> None:
    blurred = cv2.GaussianBlur(photos[0], (0, 0), 6)
    good, poor = (sdk.reconstruct(photo).faces[0] for photo in (photos[1], blurred))
    assert poor.quality.score < good.quality.score
    both = sdk.reconstruct_person([photos[1], blurred]).identity
    share = np.dot(both - good.identity, poor.identity - good.identity) / np.sum(
        (poor.identity - good.identity) ** 2
    )
    assert 0.0 < share < 0.5


def test_a_box_says_who_is_meant(photos: list[Any]) -> None:
    pair = np.concatenate([photos[0], photos[0][:, ::-1]], axis=1)
    sdk = FaceSDK()
    boxes = [face.box_xyxy_px for face in sdk.reconstruct(pair)]
    left, right = (min(boxes, key=lambda box: box[0]), max(boxes, key=lambda box: box[0]))
    for box in (left, right):
        person = sdk.reconstruct_person([pair, photos[0]], boxes=[box, None])
        centre = person.results[0].faces[0].landmarks_px.mean(0)
        assert box[0] < centre[0] < box[2]


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([[10, 10, 50, 50]], "boxes: got 1, expected one for each of 2 photos"),
        ([[10, 10, 50], None], "boxes"),
        ([[50, 50, 10, 10], None], "boxes"),
        ([[0.1, 0.1, 0.5, np.nan], None], "boxes"),
    ],
)
def test_boxes_that_do_not_fit(sdk: FaceSDK, photos: list[Any], boxes: Any, message: str) -> None:
    with pytest.raises(InvalidArray, match=message):
        sdk.reconstruct_person(photos[:2], boxes=boxes)


@pytest.mark.parametrize("images", [[], [np.zeros((32, 32, 3), np.uint8)] * 2])
def test_nobody_to_be_seen(sdk: FaceSDK, images: list[Any]) -> None:
    with pytest.raises(InvalidImage, match=f"none of {len(images)} photos shows a face"):
        sdk.reconstruct_person(images)


def test_each_photo_has_its_own_cover(photos: list[Any]) -> None:
    sdk = FaceSDK(Options(deocclude="auto", max_faces=1))
    covered = photos[0].copy()
    x0, y0, x1, y1 = sdk.reconstruct(covered).faces[0].box_xyxy_px.astype(int)
    covered[(y0 + y1) // 2 : y1, x0:x1] = (30, 160, 60)
    bare, masked = sdk.reconstruct_person([photos[0], covered], boxes=[[x0, y0, x1, y1]] * 2).faces
    assert bare.occluded_share is not None
    assert masked.occluded_share is not None
    assert masked.occluded_share > bare.occluded_share + 0.1
