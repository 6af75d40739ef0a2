"""Writers of a face by the ending of a file's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from facesdk.errors import InvalidOptions
from facesdk.io.export_mesh import ExportMesh
from facesdk.io.json import write_json
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


def save_face(path: Path, mesh: Callable[[], ExportMesh], record: Callable[[], dict[str, Any]]) -> None:
    """Write a face as its mesh or as its numbers, by the name's ending.

    Args:
        path: .glb, .obj, .ply or .json.
        mesh: makes what the mesh writers take.
        record: makes the numbers.

    Raises:
        InvalidOptions: another ending.
        FaceSDKError: the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        write_json(path, record())
    elif suffix in MESH_WRITERS:
        MESH_WRITERS[suffix](mesh(), path)
    else:
        endings = ", ".join((*MESH_WRITERS, ".json"))
        raise InvalidOptions(f"{path.name}: unknown ending, expected {endings}")
