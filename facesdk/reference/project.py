"""Reference of csrc/ops/project."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import FloatArray


def transform(
    verts_face: FloatArray, rotation: FloatArray, translation: FloatArray, *, threads: int = 1
) -> FloatArray:
    """rotation @ v + translation for every vertex."""
    out: FloatArray = verts_face @ rotation.T + translation
    return out


def project(verts_camera: FloatArray, intrinsics: FloatArray, *, threads: int = 1) -> FloatArray:
    """Pinhole camera; depth 0 goes to the principal point."""
    z = verts_camera[:, 2]
    inverse = np.divide(1, z, out=np.zeros_like(z), where=z != 0)
    x, y = verts_camera[:, 0] * inverse, verts_camera[:, 1] * inverse
    u = intrinsics[0, 0] * x + intrinsics[0, 1] * y + intrinsics[0, 2]
    v = intrinsics[1, 1] * y + intrinsics[1, 2]
    return np.stack([u, v, z], axis=1)


def unproject(points: FloatArray, intrinsics: FloatArray, *, threads: int = 1) -> FloatArray:
    """The ray through the pixel, scaled to the depth."""
    u, v, z = points.T
    y = (v - intrinsics[1, 2]) / intrinsics[1, 1]
    x = (u - intrinsics[0, 2] - intrinsics[0, 1] * y) / intrinsics[0, 0]
    return np.stack([x * z, y * z, z], axis=1)
