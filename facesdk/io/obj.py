"""Wavefront OBJ with normals, texture coordinates, material (MTL) and texture (PNG); face frame, mm."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from facesdk import ops
from facesdk.errors import InvalidOptions
from facesdk.io.atomic_write import write_atomic
from facesdk.io.export_mesh import ExportMesh, ExportTopology
from facesdk.io.path_text import path_text

END = b"# end\n"  # last line: a file without it is not whole


def write_obj(mesh: ExportMesh, path: Path) -> None:
    """Write the mesh with the photo's expression; with vertex colours where it has no texture.

    MTL and PNG come first, so that an OBJ is never without what it names. Names in the files are the bytes
    that the file system has.

    Raises:
        InvalidOptions: the path's name has a line break, which no line of the files can hold.
        FaceSDKError: a file cannot be written.
    """
    if mesh.texture is not None and ("\n" in path.name or "\r" in path.name):
        raise InvalidOptions(f"{path_text(path)}: an OBJ cannot name its material with a line break")
    lines = ["# FaceSDK: face frame, mm\n"]
    if mesh.texture is not None:
        texture, material = path.with_suffix(".png"), path.with_suffix(".mtl")
        write_atomic(texture, mesh.texture_png)
        content = f"newmtl face\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd {texture.name}\n"
        write_atomic(material, content.encode("utf-8", "surrogateescape"))
        lines += [f"mtllib {material.name}\nusemtl face\n"]
        lines += ["v %.4f %.4f %.4f\n" * len(mesh.verts_mm) % tuple(mesh.verts_mm.ravel().tolist())]
    else:
        colored = np.concatenate([mesh.verts_mm, mesh.vertex_colors / 255.0], axis=1)
        lines += ["v %.4f %.4f %.4f %.4f %.4f %.4f\n" * len(colored) % tuple(colored.ravel().tolist())]
    # One normal per vertex, in the vertices' order: without them viewers shade every triangle flat.
    normals = ops.normals(mesh.verts_mm, mesh.topology.triangles)
    lines += ["vn %.4f %.4f %.4f\n" * len(normals) % tuple(normals.ravel().tolist())]
    write_atomic(path, "".join(lines).encode("utf-8", "surrogateescape") + _triangles(mesh.topology) + END)


@functools.lru_cache(maxsize=1)
def _triangles(topology: ExportTopology) -> bytes:
    """The lines that all faces of a model share: texture coordinates and triangles."""
    triangles = topology.triangles
    if not topology.has_uv:
        both = np.stack([triangles, triangles], axis=2) + 1
        return ("f %d//%d %d//%d %d//%d\n" * len(both) % tuple(both.ravel().tolist())).encode()
    three = np.stack([triangles, topology.uv_triangles, triangles], axis=2) + 1
    coordinates = "vt %.6f %.6f\n" * len(topology.uv) % tuple(topology.uv.ravel().tolist())
    faces = "f %d/%d/%d %d/%d/%d %d/%d/%d\n" * len(three) % tuple(three.ravel().tolist())
    return (coordinates + faces).encode()
