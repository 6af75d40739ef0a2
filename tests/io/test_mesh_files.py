"""The writers take plain arrays: a tent with a texture or with colours, without any face."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pygltflib
import pytest
import trimesh

from facesdk.io.export_mesh import ExportMesh, ExportTopology
from facesdk.io.formats import MESH_WRITERS

VERTS = np.array([[0, 0, 0], [40, 0, 0], [40, 40, 10], [0, 40, 10]], np.float32)
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
LIFT = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 5], [0, 0, 5]], np.float32)
RED = np.full((8, 8, 3), (200, 10, 10), np.uint8)


def tent(textured: bool) -> ExportMesh:
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) if textured else np.zeros((0, 2), np.float32)
    uv_triangles = TRIANGLES if textured else np.zeros((0, 3), np.int32)
    topology = ExportTopology(TRIANGLES, uv, uv_triangles, ("lift",), lambda: [LIFT])
    colors = None if textured else np.tile(np.float32([0.0, 1.0, 0.0]), (4, 1))
    return ExportMesh(topology, VERTS + LIFT, VERTS, (0.25,), RED if textured else None, colors)


@pytest.mark.parametrize("textured", [True, False])
@pytest.mark.parametrize("suffix", MESH_WRITERS)
def test_every_format_holds_the_mesh(tmp_path: Path, suffix: str, textured: bool) -> None:
    path = tmp_path / f"tent{suffix}"
    MESH_WRITERS[suffix](tent(textured), path)
    mesh = trimesh.load(path, process=False, force="mesh")
    # GLB: metres and the neutral mesh, which its morph targets start from; else mm and the expression.
    expected = VERTS / 1000 if suffix == ".glb" else VERTS + LIFT
    corners = mesh.vertices[mesh.faces].reshape(-1, 3)
    np.testing.assert_allclose(corners, expected[TRIANGLES.ravel()], atol=1e-4)
    assert mesh.face_normals[:, 2].min() > 0.9  # counter-clockwise seen from outside


@pytest.mark.parametrize("names", [("lift",), ("lift", "lower"), tuple(f"shape{i}" for i in range(52))])
def test_glb_names_its_targets_and_sets_their_weights(tmp_path: Path, names: tuple[str, ...]) -> None:
    """On the mesh and on the primitive, because importers read the names from either."""
    mesh = tent(textured=True)
    topology = dataclasses.replace(mesh.topology, target_names=names, targets=lambda: [LIFT] * len(names))
    weights = tuple(0.25 for _ in names)
    mesh = dataclasses.replace(mesh, topology=topology, target_weights=weights)
    MESH_WRITERS[".glb"](mesh, tmp_path / "tent.glb")
    written = pygltflib.GLTF2().load(str(tmp_path / "tent.glb")).meshes[0]
    assert (written.extras["targetNames"], written.weights) == (list(names), list(weights))
    for primitive in written.primitives:
        assert primitive.extras["targetNames"] == list(names)
        assert len(primitive.targets) == len(names)


@pytest.mark.parametrize("color", [(0.0, 1.0, 0.0), (0.5, 0.5, 0.5), (0.2, 0.04, 0.9)])
def test_glb_has_vertex_colours_in_linear_light(tmp_path: Path, color: tuple[float, ...]) -> None:
    """glTF's factors are linear: material times vertex is the colour, by the sRGB curve."""
    mesh = dataclasses.replace(tent(textured=False), colors=np.tile(np.float32(color), (4, 1)))
    MESH_WRITERS[".glb"](mesh, tmp_path / "tent.glb")
    document = pygltflib.GLTF2().load(str(tmp_path / "tent.glb"))
    primitive = document.meshes[0].primitives[0]
    accessor = document.accessors[primitive.attributes.COLOR_0]
    start = document.bufferViews[accessor.bufferView].byteOffset
    vertex = np.frombuffer(document.binary_blob(), "<f4", 12, start).reshape(4, 3)
    material = document.materials[primitive.material]
    shown = vertex * material.pbrMetallicRoughness.baseColorFactor[:3]
    srgb = np.where(shown <= 0.0031308, shown * 12.92, 1.055 * shown ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(srgb, np.tile(color, (4, 1)), atol=0.006)
    assert "KHR_materials_unlit" in material.extensions


def test_glb_without_targets_names_none(tmp_path: Path) -> None:
    mesh = tent(textured=True)
    topology = dataclasses.replace(mesh.topology, target_names=(), targets=lambda: [])
    MESH_WRITERS[".glb"](
        dataclasses.replace(mesh, topology=topology, target_weights=()), tmp_path / "tent.glb"
    )
    written = pygltflib.GLTF2().load(str(tmp_path / "tent.glb")).meshes[0]
    assert not written.extras
    assert not written.primitives[0].extras


def obj_lines(path: Path, key: str) -> list[list[str]]:
    """What follows `key` on the lines of an OBJ file that begin with it."""
    return [line.split()[1:] for line in path.read_text().splitlines() if line.startswith(f"{key} ")]


@pytest.mark.parametrize("textured", [True, False])
@pytest.mark.parametrize("turn_deg", [0, 35, 180])
def test_obj_has_the_normals_of_its_vertices(tmp_path: Path, textured: bool, turn_deg: int) -> None:
    """Unit normals that point outside, and corners v/vt/vn or v//vn that refer to them."""
    mesh = tent(textured)
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    turned = mesh.verts_mm @ np.float32([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    mesh = dataclasses.replace(mesh, verts_mm=np.ascontiguousarray(turned, np.float32))
    path = tmp_path / "tent.obj"
    MESH_WRITERS[".obj"](mesh, path)
    verts = np.array(obj_lines(path, "v"), float)[:, :3]
    normals = np.array(obj_lines(path, "vn"), float)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-3)
    corners = np.array([[c.split("/") for c in corner] for corner in obj_lines(path, "f")])
    assert corners.shape == (2, 3, 3)
    v = corners[..., 0].astype(int) - 1
    flat = np.cross(verts[v[:, 1]] - verts[v[:, 0]], verts[v[:, 2]] - verts[v[:, 0]])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    at = normals[corners[..., 2].astype(int) - 1]
    assert np.einsum("tcx,tx->tc", at, flat).min() > 0.97  # the tent is nearly flat
    assert (corners[..., 1] == "").all() != textured
    if textured:
        assert set(corners[..., 1].ravel().astype(int)) == set(range(1, len(obj_lines(path, "vt")) + 1))


@pytest.mark.parametrize(("textured", "color"), [(True, (200, 10, 10)), (False, (0, 255, 0))])
def test_ply_has_a_colour_per_vertex(tmp_path: Path, textured: bool, color: tuple[int, ...]) -> None:
    MESH_WRITERS[".ply"](tent(textured), tmp_path / "tent.ply")
    mesh = trimesh.load(tmp_path / "tent.ply", process=False)
    assert (mesh.visual.vertex_colors[:, :3] == color).all()
