"""Full-size pictures of a posed mesh: depth, normals, shaded colours."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import FloatArray, Picture
from facesdk.core.compiled import _core
from facesdk.rendering.posed_mesh import PosedMesh


def depth_map(mesh: PosedMesh) -> FloatArray:
    """Draw (H, W) depth along the camera's axis in mm, 0 where the mesh is not."""
    full = np.zeros((mesh.height, mesh.width), dtype=np.float32)
    full[mesh.rendering.window] = mesh.rendering.depth_mm
    return full


def normal_map(mesh: PosedMesh) -> FloatArray:
    """Draw (H, W, 3) unit normals, camera frame, 0 where the mesh is not."""
    full = np.zeros((mesh.height, mesh.width, 3), dtype=np.float32)
    normals = mesh.rendering.interpolate(mesh.normals_camera, mesh.triangles)
    length = np.linalg.norm(normals, axis=2, keepdims=True)
    full[mesh.rendering.window] = normals / np.maximum(length, 1e-9)
    return full


def draw_shaded(mesh: PosedMesh, albedo: FloatArray, sh: FloatArray, canvas: Picture) -> None:
    """Draw the mesh's albedo under the light over a picture, in place.

    Args:
        mesh: in a camera whose picture is the canvas.
        albedo: (V, 3), 0..1.
        sh: (9, 3), RGB.
        canvas: (H, W, 3) uint8 RGB.
    """
    _core.draw_shaded(
        mesh.verts_face_mm, mesh.triangles, mesh.rotation, mesh.translation_mm, mesh.intrinsics,
        albedo, sh, canvas, mesh.threads,
    )  # fmt: skip
