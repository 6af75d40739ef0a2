"""Wavefront OBJ with normals, texture coordinates, material (MTL) and texture (PNG); face frame, mm."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from facesdk import ops
from facesdk.core.arrays import FloatArray
from facesdk.errors import InvalidOptions
from facesdk.io.atomic_write import write_atomic
from facesdk.io.export_mesh import ExportMesh, ExportTopology
from facesdk.io.path_text import path_text

END = b"# end\n"  # last line: a file without it is not whole


def write_obj(mesh: ExportMesh, path: Path) -> None:
    """Write the mesh with the photo's expression; with vertex colours where it has no texture.

    Its parts follow as objects of their own. MTL and PNG come first, so that an OBJ is never without what it
    names. Names in the files are the bytes that the file system has.

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
        write_atomic(material, _materials(mesh, texture.name).encode("utf-8", "surrogateescape"))
        lines += [f"mtllib {material.name}\n"]
    content, start = "".join(lines).encode("utf-8", "surrogateescape"), 0
    for one in (mesh, *mesh.parts):
        content += _vertices(one, mesh.texture is not None) + _triangles(one.topology, start)
        start += len(one.verts_mm)
    write_atomic(path, content + END)


def _materials(mesh: ExportMesh, texture: str) -> str:
    """The text of the MTL file: the texture, and a colour for each part."""
    text = f"newmtl {mesh.topology.name}\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd {texture}\n"
    for part in mesh.parts:
        color = " ".join(f"{value:.4f}" for value in part.material_color)
        text += f"newmtl {part.topology.name}\nKa {color}\nKd {color}\nKs 0 0 0\nillum 1\n"
    return text


def _vertices(mesh: ExportMesh, has_material: bool) -> bytes:
    """An object's head, places and normals: one normal per vertex, without which viewers shade it flat."""
    verts, name = mesh.verts_mm, mesh.topology.name
    head = f"o {name}\nusemtl {name}\n" if has_material else f"o {name}\n"
    if has_material:
        places = _lines("v %.4f %.4f %.4f\n", verts)
    else:
        colored = np.concatenate([verts, mesh.vertex_colors / 255.0], axis=1)
        places = _lines("v %.4f %.4f %.4f %.4f %.4f %.4f\n", colored)
    normals = ops.normals(verts, mesh.topology.triangles)
    return (head + places + _lines("vn %.4f %.4f %.4f\n", normals)).encode()


def _lines(pattern: str, rows: FloatArray) -> str:
    return pattern * len(rows) % tuple(rows.ravel().tolist())


@functools.lru_cache(maxsize=8)
def _triangles(topology: ExportTopology, start: int) -> bytes:
    """The lines that all faces of a model share: texture coordinates, triangles of vertices from `start`."""
    corners = topology.triangles + (1 + start)
    if not topology.has_uv:
        both = np.stack([corners, corners], axis=2)
        return ("f %d//%d %d//%d %d//%d\n" * len(both) % tuple(both.ravel().tolist())).encode()
    three = np.stack([corners, topology.uv_triangles + 1, corners], axis=2)
    coordinates = "vt %.6f %.6f\n" * len(topology.uv) % tuple(topology.uv.ravel().tolist())
    faces = "f %d/%d/%d %d/%d/%d %d/%d/%d\n" * len(three) % tuple(three.ravel().tolist())
    return (coordinates + faces).encode()
