"""The writers take plain arrays: a tent with a texture or with colours, without any face."""

from __future__ import annotations

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


def test_glb_names_its_targets_and_sets_their_weights(tmp_path: Path) -> None:
    MESH_WRITERS[".glb"](tent(textured=True), tmp_path / "tent.glb")
    mesh = pygltflib.GLTF2().load(str(tmp_path / "tent.glb")).meshes[0]
    assert (mesh.extras["targetNames"], mesh.weights) == (["lift"], [0.25])


@pytest.mark.parametrize(("textured", "color"), [(True, (200, 10, 10)), (False, (0, 255, 0))])
def test_ply_has_a_colour_per_vertex(tmp_path: Path, textured: bool, color: tuple[int, ...]) -> None:
    MESH_WRITERS[".ply"](tent(textured), tmp_path / "tent.ply")
    mesh = trimesh.load(tmp_path / "tent.ply", process=False)
    assert (mesh.visual.vertex_colors[:, :3] == color).all()
