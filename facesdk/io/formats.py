"""Mesh writers by the ending of a file's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from facesdk.io.export_mesh import ExportMesh
from facesdk.io.obj import write_obj
from facesdk.io.ply import write_ply


def _write_glb(mesh: ExportMesh, path: Path) -> None:
    from facesdk.io.gltf import write_glb  # pygltflib is slow to import

    write_glb(mesh, path)


MESH_WRITERS: dict[str, Callable[[ExportMesh, Path], None]] = {
    ".glb": _write_glb,
    ".obj": write_obj,
    ".ply": write_ply,
}
