"""Files open in other programs, say the same as the face, and are never half-written."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pygltflib
import pytest
import trimesh

from facesdk import Face, FaceModel, FaceSDK, FaceSDKError, InvalidOptions
from facesdk.core.arkit import ARKIT_NAMES
from facesdk.io.atomic_write import write_atomic
from facesdk.io.picture import save_picture
from tests.io.validator import gltf_issues


@pytest.fixture
def face(tiny_sdk: FaceSDK, picture: Any) -> Face:
    return tiny_sdk.reconstruct(picture).faces[0]


@pytest.fixture
def plain_face(face: Face) -> Face:
    """The same face on a model without texture coordinates and ARKit names, as BFM has none."""
    model = object.__new__(FaceModel)
    model.__dict__.update(face.model.__dict__)
    model.uv, model.uv_triangles = np.zeros((0, 2), np.float32), np.zeros((0, 3), np.int32)
    model.arkit_map = None
    return dataclasses.replace(face, model=model)


def accessor_values(document: Any, index: int) -> np.ndarray:
    """A float accessor, sparse or not, as an array."""
    accessor, blob = document.accessors[index], document.binary_blob()
    width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}[accessor.type]

    def read(view: int, kind: str, count: int) -> np.ndarray:
        return np.frombuffer(blob, kind, count, document.bufferViews[view].byteOffset)

    kinds = {pygltflib.FLOAT: "<f4", pygltflib.UNSIGNED_SHORT: "<u2", pygltflib.UNSIGNED_INT: "<u4"}
    if accessor.bufferView is not None:
        values = read(accessor.bufferView, kinds[accessor.componentType], accessor.count * width)
        return values.reshape(-1, width)
    values = np.zeros((accessor.count, width), np.float32)
    if accessor.sparse is not None:
        n = accessor.sparse.count
        rows = read(accessor.sparse.indices.bufferView, kinds[accessor.sparse.indices.componentType], n)
        values[rows] = read(accessor.sparse.values.bufferView, "<f4", n * width).reshape(-1, width)
    return values


def test_glb_holds_the_neutral_face_and_52_named_shapes(face: Face, tmp_path: Path) -> None:
    face.save(tmp_path / "face.glb")
    document = pygltflib.GLTF2().load(str(tmp_path / "face.glb"))
    mesh = document.meshes[0]
    assert mesh.extras["targetNames"] == list(ARKIT_NAMES)
    np.testing.assert_allclose(mesh.weights, [face.expression[name] for name in ARKIT_NAMES])
    primitive = mesh.primitives[0]
    assert len(primitive.targets) == 52
    positions = accessor_values(document, primitive.attributes.POSITION)
    corners = positions[accessor_values(document, primitive.indices)[:, 0]] * 1000
    np.testing.assert_allclose(corners, face.neutral()[face.triangles.ravel()], atol=0.01)
    smile = ARKIT_NAMES.index("mouthSmileLeft")
    target = primitive.targets[smile]
    delta = accessor_values(document, target["POSITION"] if isinstance(target, dict) else target.POSITION)
    expected = face.with_expression({"mouthSmileLeft": 1.0}) - face.neutral()
    corner_delta = delta[accessor_values(document, primitive.indices)[:, 0]] * 1000
    np.testing.assert_allclose(corner_delta, expected[face.triangles.ravel()], atol=0.06)
    image = document.images[0]
    view = document.bufferViews[image.bufferView]
    blob = document.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    assert blob.startswith(b"\x89PNG")


def test_faces_of_one_model_share_no_more_than_the_model(
    face: Face, tiny_sdk: FaceSDK, picture: Any, tmp_path: Path
) -> None:
    """What is kept from one file to the next is the model's: another face's file has its own mesh."""
    face.save(tmp_path / "first.glb")
    other = tiny_sdk.reconstruct(picture).faces[0]
    other.identity = other.identity + 1.0
    for name in ("other.glb", "again.glb"):
        other.save(tmp_path / name)
    assert (tmp_path / "other.glb").read_bytes() == (tmp_path / "again.glb").read_bytes()
    document = pygltflib.GLTF2().load(str(tmp_path / "other.glb"))
    primitive = document.meshes[0].primitives[0]
    positions = accessor_values(document, primitive.attributes.POSITION)
    corners = positions[accessor_values(document, primitive.indices)[:, 0]] * 1000
    np.testing.assert_allclose(corners, other.neutral()[face.triangles.ravel()], atol=0.01)
    assert np.abs(corners - face.neutral()[face.triangles.ravel()]).max() > 0.1


def test_bounds_of_a_shape_are_those_of_its_vertices(face: Face, tmp_path: Path) -> None:
    face.save(tmp_path / "face.glb")
    document = pygltflib.GLTF2().load(str(tmp_path / "face.glb"))
    for target in document.meshes[0].primitives[0].targets:
        index = target["POSITION"] if isinstance(target, dict) else target.POSITION
        values = accessor_values(document, index)
        np.testing.assert_array_equal(document.accessors[index].min, values.min(axis=0))
        np.testing.assert_array_equal(document.accessors[index].max, values.max(axis=0))


@pytest.mark.parametrize("kind", ["face", "plain_face"])
def test_glb_passes_the_validator(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    request.getfixturevalue(kind).save(tmp_path / "face.glb")
    issues = gltf_issues(tmp_path / "face.glb")
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


def test_obj_opens_in_trimesh_with_its_texture(face: Face, tmp_path: Path) -> None:
    face.save(tmp_path / "a face.obj")
    mesh = trimesh.load(tmp_path / "a face.obj", process=False)
    assert len(mesh.faces) == len(face.triangles)
    np.testing.assert_allclose(
        mesh.vertices[mesh.faces].reshape(-1, 3), face.verts_face_mm[face.triangles.ravel()], atol=1e-3
    )
    texture = mesh.visual.material.image
    assert texture.size == (1024, 1024)
    np.testing.assert_array_equal(np.asarray(texture.convert("RGB")), face.texture.image)
    uv = mesh.visual.uv[mesh.faces].reshape(-1, 2)
    np.testing.assert_allclose(uv, face.model.uv[face.model.uv_triangles.ravel()], atol=1e-5)


def test_ply_opens_with_colours(face: Face, tmp_path: Path) -> None:
    face.save(tmp_path / "face.ply")
    mesh = trimesh.load(tmp_path / "face.ply", process=False)
    np.testing.assert_allclose(mesh.vertices, face.verts_face_mm, atol=1e-4)
    np.testing.assert_array_equal(mesh.faces, face.triangles)
    assert mesh.visual.vertex_colors.shape == (len(face.verts_face_mm), 4)


def test_a_model_without_uvs_writes_vertex_colours(plain_face: Face, tmp_path: Path) -> None:
    plain_face.save(tmp_path / "face.obj")
    assert [p.name for p in tmp_path.iterdir()] == ["face.obj"]
    mesh = trimesh.load(tmp_path / "face.obj", process=False)
    assert mesh.visual.vertex_colors.shape[0] == len(plain_face.verts_face_mm)
    plain_face.save(tmp_path / "face.ply")
    plain_face.save(tmp_path / "face.glb")
    assert pygltflib.GLTF2().load(str(tmp_path / "face.glb")).meshes[0].primitives[0].attributes.COLOR_0


def test_json_says_the_same(face: Face, tmp_path: Path) -> None:
    face.save(tmp_path / "face.json")
    content = json.loads((tmp_path / "face.json").read_text())
    np.testing.assert_allclose(content["landmarks_px"], face.landmarks_px, atol=1e-3)
    assert list(content["expression"]) == list(ARKIT_NAMES)
    assert content["pose"]["metric"] is False
    assert len(content["expression_weights"]) == face.model.n_exp


def test_outside_of_the_mesh_faces_outside(face: Face, tmp_path: Path) -> None:
    """Counter-clockwise from outside: the nose's normals point along +z in every file."""
    face.save(tmp_path / "face.ply")
    mesh = trimesh.load(tmp_path / "face.ply", process=False)
    assert mesh.face_normals[:, 2].mean() > 0.5


@pytest.mark.parametrize("name", ["face.stl", "face", "face.glb.txt"])
def test_other_endings_are_refused(face: Face, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidOptions, match="unknown ending"):
        face.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["glb", "obj", "ply", "json"])
def test_a_folder_that_is_not_there_is_named(face: Face, tmp_path: Path, suffix: str) -> None:
    with pytest.raises(FaceSDKError, match="cannot be written") as caught:
        face.save(tmp_path / "none" / f"face.{suffix}")
    assert "\n" not in str(caught.value)


def test_an_interrupted_write_keeps_the_old_file_and_leaves_no_scrap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "face.json"
    write_atomic(target, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(FaceSDKError, match="No space left"):
        write_atomic(target, b"new")
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["face.json"]


@pytest.mark.parametrize("stem", ["a" * 240, "a" * 250, "é" * 120, "写" * 83, "a b." * 60])
def test_every_name_that_the_file_system_takes_can_be_written(face: Face, tmp_path: Path, stem: str) -> None:
    for suffix in (".json", ".obj", ".ply"):
        face.save(tmp_path / (stem + suffix))
    assert {path.name for path in tmp_path.iterdir()} == {
        stem + suffix for suffix in (".json", ".obj", ".mtl", ".png", ".ply")
    }


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_files_are_as_readable_as_any_new_one(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_atomic(tmp_path / "x.json", b"{}")
    finally:
        os.umask(before)
    assert (tmp_path / "x.json").stat().st_mode & 0o777 == 0o666 & ~mask


def test_pictures_are_saved_as_rgb(tmp_path: Path) -> None:
    from facesdk.io.image import load_image

    red = np.zeros((4, 5, 3), np.uint8)
    red[:, :, 0] = 200
    save_picture(red, tmp_path / "red.png")
    np.testing.assert_array_equal(load_image(tmp_path / "red.png"), red)
    with pytest.raises(InvalidOptions, match="unknown ending"):
        save_picture(red, tmp_path / "red.xyz")
