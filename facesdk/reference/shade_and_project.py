"""Reference of csrc/ops/shade_and_project."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facesdk.core.arrays import FloatArray
from facesdk.reference.normals import normals
from facesdk.reference.project import project, transform
from facesdk.reference.shade import shade


def shade_and_project(
    verts_face: FloatArray,
    triangles: NDArray[np.int32],
    rotation: FloatArray,
    translation: FloatArray,
    intrinsics: FloatArray,
    albedo: FloatArray,
    sh: FloatArray,
    *,
    threads: int = 1,
) -> tuple[FloatArray, FloatArray]:
    """One op after the other."""
    seen = transform(verts_face, rotation, translation)
    return project(seen, intrinsics), shade(albedo, normals(seen, triangles), sh)
