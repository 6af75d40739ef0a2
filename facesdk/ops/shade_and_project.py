"""The vertex stage of drawing in one pass (csrc/ops/shade_and_project)."""

from __future__ import annotations

from facesdk.core.arrays import FloatArray, IntArray
from facesdk.core.compiled import _core


def shade_and_project(
    verts_face: FloatArray,
    triangles: IntArray,
    rotation: FloatArray,
    translation: FloatArray,
    intrinsics: FloatArray,
    albedo: FloatArray,
    sh: FloatArray,
    *,
    threads: int = 1,
) -> tuple[FloatArray, FloatArray]:
    """Transform, shade and project a mesh for `rasterize` (paper 1, equations 5 and 6).

    `transform`, `normals`, `shade` and `project` in one; neither normals nor camera-frame vertices are
    written.

    Args:
        verts_face: (V, 3) mm, face frame.
        triangles: (T, 3) int32, counter-clockwise seen from outside.
        rotation: (3, 3), orthonormal, face frame -> camera frame.
        translation: (3,) mm.
        intrinsics: (3, 3) px.
        albedo: (V, 3), 0..1.
        sh: (9, 3), RGB.
        threads: CPU threads.

    Returns:
        Points (V, 3) float32: x px, y px, depth mm; and colours (V, 3) float32, not clipped.
    """
    return _core.shade_and_project(
        verts_face, triangles, rotation, translation, intrinsics, albedo, sh, threads
    )
