"""Behind lips and lids: no view shows the background through the head, and nothing pokes through the skin."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pygltflib
import pytest
import trimesh

from facesdk import AssetError, Face, FaceModel, FaceSDK, manifest, ops
from facesdk.core.arkit import ARKIT_NAMES
from facesdk.core.rotation import rotation_from_euler
from facesdk.io.image import load_image
from facesdk.mesh_files import export_topology
from facesdk.morphable.interior import Interior, interior_of
from tests.io.validator import gltf_issues

VIEWS = [(0, 0), (30, 0), (-30, 0), (60, 0), (-60, 0), (0, 20), (0, -20)]  # yaw, pitch
SIZE, SPAN_MM, DISTANCE_MM = 160, 290.0, 900.0
CENTRE_MM = np.array([0.0, -30.0, 0.0], np.float32)
LOWER_FACE = [name for name in ARKIT_NAMES if name.startswith(("jaw", "mouth", "cheek", "nose"))]
PARTS = ["mouth", "gums", "teeth", "lids"]
OPEN = [
    {"jawOpen": 1.0},
    {"jawOpen": 0.5, "mouthSmileLeft": 1.0, "mouthSmileRight": 1.0},
    {"mouthFunnel": 1.0},
]


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel.load()


@pytest.fixture(scope="module")
def face() -> Face:
    return FaceSDK().reconstruct(load_image(manifest.asset_path(manifest.SAMPLE))).faces[0]


def with_expression(face: Face, weights: dict[str, float]) -> Face:
    own = face.model.expression_from_arkit(weights)
    return dataclasses.replace(face, expression_weights=own, verts_face_mm=face.with_expression(own))


def projected(verts_mm: Any, yaw: float, pitch: float) -> Any:
    """(N, 3) x px, y px, depth mm of vertices before a camera."""
    points = (verts_mm - CENTRE_MM) @ rotation_from_euler(yaw, pitch, 0.0).T
    points[:, 2] += DISTANCE_MM
    flat = points[:, :2] / points[:, 2:] * (SIZE * DISTANCE_MM / SPAN_MM) + (SIZE - 1) / 2
    return np.ascontiguousarray(np.column_stack([flat, points[:, 2]]), np.float32)


def holes(triangle: Any) -> Any:
    """(H, W) pixels without a triangle that are not joined to the picture's border."""
    covered = np.pad((triangle >= 0).astype(np.uint8), 1)
    cv2.floodFill(covered, None, (0, 0), 2)
    return covered[1:-1, 1:-1] == 0


def people(model: FaceModel) -> list[Any]:
    rng = np.random.default_rng(7)
    return [np.zeros(model.n_id, np.float32), *rng.normal(size=(2, model.n_id)).astype(np.float32)]


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_no_expression_shows_the_background_through_the_head(model: FaceModel, view: tuple[int, int]) -> None:
    """Back sides are not drawn. Of the same views of the face alone half show it at the mouth."""
    both = np.concatenate([model.triangles, model.interior.triangles + np.int32(model.n_verts)])
    nobody, bare = np.zeros(model.n_id, np.float32), 0
    for name in ARKIT_NAMES:
        weights = model.expression_from_arkit({name: 1.0})
        dense = model.decode(nobody, weights)
        points = projected(np.concatenate([dense, model.interior.verts(nobody, weights, dense)]), *view)
        closed = ops.rasterize(points, both, SIZE, SIZE, want=("triangle",)).triangle
        assert holes(closed).sum() == 0, name
        alone = ops.rasterize(
            points[: model.n_verts], model.triangles, SIZE, SIZE, want=("triangle",)
        ).triangle
        bare += holes(alone).any()
    assert bare > 8


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_the_mouth_shows_between_the_lips_alone(model: FaceModel, view: tuple[int, int]) -> None:
    """Not through the skin: within the outline of the lips, whatever the expression and the person."""
    mouth_end = model.interior.parts[2].vertices.stop
    inner = np.concatenate([p.triangles + p.vertices.start for p in model.interior.parts[:3]]).astype(
        np.int32
    )
    both = np.concatenate([model.triangles, inner + np.int32(model.n_verts)])
    for identity in people(model):
        for name in LOWER_FACE:
            weights = model.expression_from_arkit({name: 1.0})
            dense = model.decode(identity, weights)
            inside = model.interior.verts(identity, weights, dense)[:mouth_end]
            points = projected(np.concatenate([dense, inside]), *view)
            triangle = ops.rasterize(points, both, SIZE, SIZE, want=("triangle",)).triangle
            lips = np.ascontiguousarray(projected(model.landmarks(dense)[48:68], *view)[:, :2])
            outline = np.zeros((SIZE, SIZE), np.uint8)
            cv2.fillConvexPoly(outline, np.rint(cv2.convexHull(lips)).astype(np.int32), 1)
            beyond = (triangle >= len(model.triangles)) & (cv2.dilate(outline, np.ones((3, 3))) == 0)
            # It corrects jawOpen; alone it lifts the lower lip through the upper one, to the nose.
            assert beyond.sum() <= (3 if name == "mouthClose" else 0), name


@pytest.mark.parametrize("expression", [{}, *OPEN, {"mouthPucker": 1.0}, {"eyeBlinkLeft": 1.0}])
def test_its_borders_are_the_face_s_rims(model: FaceModel, expression: dict[str, float]) -> None:
    """Every border edge of socket and shelves lies on the face: no crack opens between both."""
    identity, weights = people(model)[1], model.expression_from_arkit(expression)
    dense = model.decode(identity, weights)
    inside = model.interior.verts(identity, weights, dense)
    for name, count in (("mouth", 148), ("lids", 168)):
        part = model.interior.parts[PARTS.index(name)]
        on_face = (inside[part.vertices][:, None] == dense[model.interior._tied_to]).all(axis=2).any(axis=1)
        assert on_face.sum() == count


def test_teeth_and_gums_are_rigid(model: FaceModel) -> None:
    """The jaw carries the lower teeth by itself; smiles, lids and brows move none."""
    nobody = np.zeros(model.n_id, np.float32)
    start, stop = model.interior.parts[1].vertices.start, model.interior.parts[2].vertices.stop
    none = model.decode(nobody, np.zeros(model.n_exp, np.float32))
    rest = model.interior.verts(nobody, np.zeros(model.n_exp, np.float32), none)[start:stop]
    for name in ARKIT_NAMES:
        weights = model.expression_from_arkit({name: 1.0})
        moved = model.interior.verts(nobody, weights, none)[start:stop]
        apart = np.linalg.norm(moved - rest, axis=1)
        assert (apart.max() > 5) == name.startswith("jaw"), name
        if name.startswith("jaw"):
            assert 0.3 < (apart < 0.01).mean() < 0.7  # the skull's half stays


@pytest.mark.parametrize("expression", OPEN, ids=str)
def test_render_shows_a_dark_red_mouth_and_light_teeth(face: Face, expression: dict[str, float]) -> None:
    opened = with_expression(face, expression)
    opened.image = np.full_like(face.image, (0, 90, 255))
    drawn = opened.render(opened.image)
    inner = opened.colored_mesh()
    points = ops.project(
        ops.transform(inner.verts_face_mm, opened.pose.matrix, opened.pose.translation_mm),
        opened.pose.intrinsics,
    )
    height, width = drawn.shape[:2]
    triangle = ops.rasterize(points, inner.triangles, height, width, want=("triangle",)).triangle
    assert not (drawn[holes(triangle) | (triangle >= 0)] == (0, 90, 255)).all(axis=1).any()
    starts = np.cumsum([len(face.triangles), *(len(part.triangles) for part in face.model.interior.parts)])
    for name, first, last in zip(PARTS[:3], starts[:-1], starts[1:], strict=False):
        red, green, blue = drawn[(triangle >= first) & (triangle < last)].reshape(-1, 3).T.astype(float)
        if name == "teeth":
            assert np.ptp([red.mean(), green.mean(), blue.mean()]) < 45 if len(red) > 20 else True
        elif len(red) > 20:
            assert red.mean() > 1.3 * max(green.mean(), blue.mean())
            assert 20 < red.mean() < 190


def test_arrays_of_the_face_are_as_before(face: Face, model: FaceModel) -> None:
    opened = with_expression(face, {"jawOpen": 1.0})
    opened.render(), opened.export_mesh, opened.overlay("render")
    for array in (opened.verts_face_mm, opened.verts_camera_mm, opened.normals_camera, opened.albedo):
        assert array.shape == (model.n_verts, 3) == (38820, 3)
    assert opened.triangles.shape == (76912, 3)
    assert opened.interior_verts_face_mm.shape == (model.interior.n_verts, 3)
    assert holes(np.where(opened.depth_mm() > 0, 0, -1)).any()  # depth is the face alone
    assert len(pickle.dumps(opened)) < opened.image.nbytes + 700_000  # and no view is in a pickle


def test_glb_has_the_parts_with_materials_and_morph_targets(face: Face, tmp_path: Path) -> None:
    face.save(tmp_path / "face.glb")
    document = pygltflib.GLTF2().load(str(tmp_path / "face.glb"))
    primitives = document.meshes[0].primitives
    materials = [document.materials[one.material] for one in primitives]
    assert [one.name for one in materials] == ["face", *PARTS]
    for primitive, material in zip(primitives[1:], materials[1:], strict=True):
        assert len(primitive.targets) == 52
        assert primitive.attributes.COLOR_0 is not None
        red, green, blue, _ = material.pbrMetallicRoughness.baseColorFactor
        assert (min(green, blue) > 0.7 * red) == (material.name == "teeth")
        assert not material.doubleSided
    assert materials[0].doubleSided
    issues = gltf_issues(tmp_path / "face.glb")
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


@pytest.mark.parametrize("name", ["jawOpen", "mouthSmileLeft", "mouthFunnel", "eyeBlinkRight", "cheekPuff"])
def test_morph_targets_move_the_interior_as_the_face(face: Face, name: str) -> None:
    """Neutral and target are the face with that expression, for every part, rims included."""
    mesh = face.export_mesh
    index = ARKIT_NAMES.index(name)
    opened = with_expression(face, {name: 1.0})
    for part, verts in zip(mesh.parts, opened.model.interior.parts, strict=True):
        target = list(part.topology.targets())[index]
        expected = opened.interior_verts_face_mm[verts.vertices]
        np.testing.assert_allclose(part.neutral_mm + target, expected, atol=0.02)


def test_obj_and_ply_append_the_parts(face: Face, tmp_path: Path) -> None:
    opened = with_expression(face, {"jawOpen": 1.0})
    model = face.model
    for suffix in (".ply", ".obj"):
        opened.save(tmp_path / f"face{suffix}")
    mesh = trimesh.load(tmp_path / "face.ply", process=False)
    whole = np.concatenate([opened.verts_face_mm, opened.interior_verts_face_mm])
    np.testing.assert_allclose(mesh.vertices, whole, atol=1e-3)
    np.testing.assert_array_equal(mesh.faces[: len(face.triangles)], face.triangles)
    assert len(mesh.faces) == len(face.triangles) + len(model.interior.triangles)
    teeth = mesh.visual.vertex_colors[model.n_verts :][model.interior.parts[2].vertices, :3]
    assert teeth.max(axis=0).min() > 120
    text = (tmp_path / "face.obj").read_text()
    assert [line.split()[1] for line in text.splitlines() if line.startswith("o ")] == ["face", *PARTS]
    scene = trimesh.load(tmp_path / "face.obj", process=False)
    assert sum(len(one.faces) for one in scene.geometry.values()) == len(mesh.faces)
    assert sorted(set(np.loadtxt(_lines(text, "v "), usecols=(1, 2, 3)).shape)) == [3, len(whole)]
    materials = (tmp_path / "face.mtl").read_text()
    assert [line.split()[1] for line in materials.splitlines() if line.startswith("newmtl")] == [
        "face",
        *PARTS,
    ]


def _lines(text: str, key: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(key)]


def test_a_model_without_these_rims_has_none(model: FaceModel) -> None:
    empty = interior_of(model.mean_control_mm + 1.0, model.n_id + model.n_exp, model.n_verts)
    assert (empty.n_verts, len(empty.triangles), empty.parts) == (0, 0, ())
    assert interior_of(model.mean_control_mm, 99, model.n_verts).parts == ()
    coefficients = model.n_id + model.n_exp
    assert interior_of(model.mean_control_mm[:500], coefficients, model.n_verts).parts == ()
    assert interior_of(model.mean_control_mm, coefficients, len(model.mean_control_mm)).parts == ()
    none = np.zeros(3, np.float32)
    assert empty.verts(none, none, model.mean_control_mm).shape == (0, 3)


def test_a_damaged_interior_is_named(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    tensors = load_file(manifest.asset_path(manifest.INTERIOR))
    metadata = {"step_mm": "0.004", "scale_mm": "50", "parts": "[]"}
    for changed, words in (({}, metadata), ({"free": tensors["free"][:-1]}, metadata), ({}, {})):
        with pytest.raises(AssetError, match=manifest.INTERIOR):
            Interior({**tensors, **changed}, words)
    with pytest.raises(AssetError, match=manifest.INTERIOR):
        Interior({name: tensors[name] for name in tensors if name != "maps"}, metadata)


def test_it_is_small(model: FaceModel) -> None:
    assert manifest.manifest()[manifest.INTERIOR]["bytes"] < 300_000
    assert len(model.interior.triangles) < 0.16 * len(model.triangles)


def test_topologies_pickle(model: FaceModel) -> None:
    """Morph targets are made on demand, by functions that another process finds."""
    other = pickle.loads(pickle.dumps(export_topology(model)))
    assert [part.name for part in other.parts] == PARTS
