"""Rigid transform and pinhole camera (csrc/ops/project)."""

from __future__ import annotations

from facesdk.core.arrays import FloatArray
from facesdk.core.compiled import _core


def transform(
    verts_face: FloatArray, rotation: FloatArray, translation: FloatArray, *, threads: int = 1
) -> FloatArray:
    """Transform from face frame to camera frame: rotation @ v + translation (paper 1, equation 5).

    Args:
        verts_face: (V, 3) mm, face frame.
        rotation: (3, 3).
        translation: (3,) mm.
        threads: CPU threads.

    Returns:
        (V, 3) float32 mm, camera frame.
    """
    return _core.transform(verts_face, rotation, translation, threads)


def project(verts_camera: FloatArray, intrinsics: FloatArray, *, threads: int = 1) -> FloatArray:
    """Project from camera frame to picture (paper 1, equation 5).

    A point at depth 0 lands on the principal point; `rasterize` drops whatever is not in front of the camera.

    Args:
        verts_camera: (V, 3) mm, camera frame.
        intrinsics: (3, 3) px.
        threads: CPU threads.

    Returns:
        (V, 3) float32: x px, y px, depth mm.
    """
    return _core.project(verts_camera, intrinsics, threads)


def unproject(points: FloatArray, intrinsics: FloatArray, *, threads: int = 1) -> FloatArray:
    """Invert `project`.

    Args:
        points: (V, 3): x px, y px, depth mm.
        intrinsics: (3, 3) px.
        threads: CPU threads.

    Returns:
        (V, 3) float32 mm, camera frame.
    """
    return _core.unproject(points, intrinsics, threads)
