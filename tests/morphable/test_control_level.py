"""The control mesh as the mesh of a face: same pose and landmarks, a quarter of the vertices."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facesdk import Face, FaceModel, FaceSDK, InvalidArray, InvalidOptions, Options, manifest
from facesdk.io.image import load_image
from facesdk.tracking.tracker import Tracker


@pytest.fixture(scope="module")
def photo() -> Any:
    return load_image(manifest.asset_path(manifest.SAMPLE))


@pytest.fixture(scope="module")
def sdk() -> FaceSDK:
    return FaceSDK(Options(backend="native", mesh="control"))


@pytest.fixture(scope="module")
def faces(sdk: FaceSDK, photo: Any) -> tuple[Face, Face]:
    """Of the full and of the control mesh."""
    full = FaceSDK(Options(backend="native"))
    return full.reconstruct(photo).faces[0], sdk.reconstruct(photo).faces[0]


def test_pose_and_landmarks_do_not_depend_on_the_level(faces: tuple[Face, Face]) -> None:
    full, control = faces
    np.testing.assert_allclose(control.landmarks_px, full.landmarks_px, atol=1e-3)
    np.testing.assert_allclose(control.pose.translation_mm, full.pose.translation_mm, atol=1e-2)
    np.testing.assert_allclose(control.landmarks_camera_mm, full.landmarks_camera_mm, atol=1e-2)
    np.testing.assert_array_equal(control.expression_weights, full.expression_weights)


def test_the_mesh_is_the_control_mesh_near_the_smooth_one(sdk: FaceSDK, faces: tuple[Face, Face]) -> None:
    full, control = faces
    model = FaceModel.load()
    expected = model.control_mesh(full.identity, full.expression_weights)
    np.testing.assert_allclose(control.verts_face_mm, expected, atol=1e-3)
    assert control.triangles.max() < len(control.verts_face_mm) < 0.3 * len(full.verts_face_mm)
    skin = slice(0, sdk.model.n_skin_verts)  # the smooth mesh begins with its points at these vertices
    distance = np.linalg.norm(control.verts_face_mm[skin] - full.verts_face_mm[skin], axis=1)
    assert distance.mean() < 0.3
    np.testing.assert_allclose(model.subdivide(control.verts_face_mm), full.verts_face_mm, atol=1e-3)


def test_what_draws_and_writes_takes_it_and_a_texture_does_not(
    faces: tuple[Face, Face], tmp_path: Path
) -> None:
    full, control = faces
    for name in ("face.glb", "face.obj", "face.ply", "face.json"):
        control.save(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    covered = [face.depth_mm() > 0 for face in faces]
    shared = np.logical_and(*covered).sum() / np.logical_or(*covered).sum()
    assert shared > 0.97
    assert control.albedo.shape == control.verts_face_mm.shape
    assert len(pickle.loads(pickle.dumps(control)).model.triangles) == len(control.triangles)
    with pytest.raises(InvalidArray, match="control"):
        _ = control.texture
    assert full.texture is not None


def test_a_video_has_the_same_mesh(sdk: FaceSDK, photo: Any) -> None:
    tracker = Tracker(sdk)
    face = [sdk.track(photo, tracker=tracker).faces[0] for _ in range(3)][-1]
    assert len(face.verts_face_mm) == sdk.model.n_verts


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(InvalidOptions, match="mesh: got 'dense'"):
        Options(mesh="dense")
