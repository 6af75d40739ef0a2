"""Binary PLY with vertex normals and colours; face frame, mm."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facesdk import ops
from facesdk.io.atomic_write import write_atomic
from facesdk.io.export_mesh import ExportMesh


def write_ply(mesh: ExportMesh, path: Path) -> None:
    """Write the mesh with the photo's expression.

    Raises:
        FaceSDKError: the file cannot be written.
    """
    triangles = mesh.topology.triangles
    vertex_type = [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz")]
    vertex_type += [(name, "u1") for name in ("red", "green", "blue")]
    verts = np.empty(len(mesh.verts_mm), dtype=vertex_type)
    normals, colors = ops.normals(mesh.verts_mm, triangles), mesh.vertex_colors
    for k in range(3):
        verts["xyz"[k]] = mesh.verts_mm[:, k]
        verts[("nx", "ny", "nz")[k]] = normals[:, k]
        verts[("red", "green", "blue")[k]] = colors[:, k]
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
