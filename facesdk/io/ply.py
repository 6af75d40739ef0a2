"""Binary PLY with vertex normals and colours; face frame, mm."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facesdk import ops
from facesdk.io.atomic_write import write_atomic
from facesdk.io.export_mesh import ExportMesh


def write_ply(mesh: ExportMesh, path: Path) -> None:
    """Write the mesh with the photo's expression; its parts are appended to vertices and triangles.

    Raises:
        FaceSDKError: the file cannot be written.
    """
    meshes = (mesh, *mesh.parts)
    starts = np.cumsum([0, *(len(one.verts_mm) for one in meshes)])
    triangles = np.concatenate(
        [one.topology.triangles + start for one, start in zip(meshes, starts[:-1], strict=True)]
    )
    vertex_type = [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz")]
    vertex_type += [(name, "u1") for name in ("red", "green", "blue")]
    verts = np.empty(starts[-1], dtype=vertex_type)
    for one, start in zip(meshes, starts[:-1], strict=True):
        own = verts[start : start + len(one.verts_mm)]
        normals, colors = ops.normals(one.verts_mm, one.topology.triangles), one.vertex_colors
        for k in range(3):
            own["xyz"[k]] = one.verts_mm[:, k]
            own[("nx", "ny", "nz")[k]] = normals[:, k]
            own[("red", "green", "blue")[k]] = colors[:, k]
    faces = np.empty(len(triangles), dtype=[("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, triangles
    floats = "".join(f"property float {name}\n" for name in ("x", "y", "z", "nx", "ny", "nz"))
    bytes_ = "".join(f"property uchar {name}\n" for name in ("red", "green", "blue"))
    header = (
        "ply\nformat binary_little_endian 1.0\ncomment FaceSDK: face frame, mm\n"
        f"element vertex {len(verts)}\n{floats}{bytes_}"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    write_atomic(path, header.encode() + verts.tobytes() + faces.tobytes())
