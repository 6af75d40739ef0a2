"""Frames of the engine: faces own what they show, however long, and a video needs no new memory."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

from facesdk import Face, FaceSDK, InvalidArray, Result, _core

TWO = [[10, 10, 90, 110], [200, 100, 300, 220]]


@pytest.fixture
def sdk(tiny_sdk: FaceSDK) -> FaceSDK:
    return FaceSDK(tiny_sdk.options, detector=TWO)


def address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def assert_unchanged(face: Face, kept: dict[str, Any]) -> None:
    for name, value in kept.items():
        np.testing.assert_array_equal(getattr(face, name), value, err_msg=name)


def test_faces_stay_what_they_are_while_the_video_goes_on(sdk: FaceSDK, picture: Any) -> None:
    results = [sdk.track(np.roll(picture, 7 * step, axis=1)) for step in range(5)]
    names = ("verts_face_mm", "landmarks_px", "identity", "box_xyxy_px")
    kept = [{name: getattr(face, name).copy() for name in names} for result in results for face in result]
    unread = sdk.track(picture)
    meshes = [face.verts_face_mm for result in results for face in result]
    for _ in range(5):
        sdk.track(picture[::-1].copy()), sdk.reconstruct(picture)
    faces = [face for result in results for face in result]
    assert len(faces) == 10
    for face, values in zip(faces, kept, strict=True):
        assert_unchanged(face, values)
    assert len({address(mesh) for mesh in meshes}) == 10
    # What is read late is of its own frame, too.
    again = FaceSDK(sdk.options, detector=TWO)
    for step in range(5):
        again.track(np.roll(picture, 7 * step, axis=1))
    expected = again.track(picture)
    for face, wanted in zip(unread, expected, strict=True):
        assert_unchanged(face, {name: getattr(wanted, name) for name in names})


def test_a_mesh_outlives_its_face_and_the_sdk(tiny_sdk: FaceSDK, picture: Any) -> None:
    sdk = FaceSDK(tiny_sdk.options)
    mesh = sdk.reconstruct(picture, boxes=TWO).faces[1].verts_face_mm
    kept = mesh.copy()
    for _ in range(3):
        sdk.reconstruct(picture[::-1], boxes=TWO)
    del sdk
    gc.collect()
    np.testing.assert_array_equal(mesh, kept)
    assert mesh.flags.writeable
    assert mesh.flags.c_contiguous


def test_a_video_takes_turns_with_two_meshes(sdk: FaceSDK, picture: Any) -> None:
    places = set()
    for _ in range(8):
        result = sdk.track(picture)
        places.add(address(result.faces[0].verts_face_mm))
    assert len(places) <= 3  # of the session, of the last result, and one that waits for the next


def test_what_is_small_does_not_keep_the_mesh(sdk: FaceSDK, picture: Any) -> None:
    face = sdk.track(picture).faces[0]
    for array in (face.landmarks_px, face.identity, face.expression_weights, face.pose.matrix, face.sh):
        assert array.base is None
        assert array.flags.owndata


@pytest.mark.parametrize("face", [-1, 2, 1 << 40])
@pytest.mark.parametrize("field", ["verts_face_mm", "landmarks_px", "pose", "quality", "track", "occlusion"])
def test_a_face_that_is_not_there_is_an_error(sdk: FaceSDK, picture: Any, field: str, face: int) -> None:
    frame = _core.Session(sdk._engine).track(picture, None, None)
    assert frame.count == 2
    with pytest.raises(InvalidArray, match="face"):
        getattr(frame, field)(face)


def test_fields_are_read_once_and_can_be_set(sdk: FaceSDK, picture: Any) -> None:
    face = sdk.track(picture).faces[0]
    assert face.landmarks_px is face.landmarks_px
    moved = face.landmarks_px + 1
    face.landmarks_px = moved
    assert face.landmarks_px is moved
    assert sdk.reconstruct(picture, boxes=TWO).faces[0].track is None


def test_without_faces_there_is_a_result(sdk: FaceSDK, picture: Any) -> None:
    result = sdk.reconstruct(picture, boxes=np.zeros((0, 4)))
    assert isinstance(result, Result)
    assert result.faces == []
    assert result.timings_ms["total"] >= result.timings_ms["load"] >= 0


@pytest.mark.parametrize(("picture", "taken"), [
    (np.zeros((4, 5, 3), np.uint8), True),
    (np.zeros((4, 5, 3), np.float32), False),
    (np.zeros((4, 5, 4), np.uint8), False),
    (np.zeros((4, 5), np.uint8), False),
    (np.zeros((0, 5, 3), np.uint8), False),
    (np.zeros((5, 5, 3), np.uint8), False),
    (np.zeros((4, 10, 3), np.uint8)[:, ::2], False),
    (np.zeros((4, 5, 3), np.uint8).view(np.recarray), False),
    ([[[1, 2, 3]]], False),
    (None, False),
])  # fmt: skip
def test_what_is_taken_for_a_picture_as_it_is(picture: Any, taken: bool) -> None:
    """uint8 RGB in C order, not empty, of at most 20 px."""
    assert _core.is_picture(picture, 20.0) is taken
