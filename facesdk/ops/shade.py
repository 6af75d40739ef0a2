"""Spherical-harmonics shading (csrc/ops/shade)."""

from __future__ import annotations

from facesdk.core.arrays import FloatArray
from facesdk.core.compiled import _core


def shade(albedo: FloatArray, normals: FloatArray, sh: FloatArray, *, threads: int = 1) -> FloatArray:
    """Shade vertices under spherical-harmonics light (paper 1, equation 6).

    Args:
        albedo: (V, 3), 0..1.
        normals: (V, 3), unit length, camera frame.
        sh: (9, 3), RGB, in the order Y00, Y1-1, Y10, Y11, Y2-2, Y2-1, Y20, Y21, Y22 of the real basis.
        threads: CPU threads.

    Returns:
        (V, 3) float32 colours, not clipped; the same bits for any number of threads.

    Raises:
        InvalidArray: a shape or dtype differs; names the argument, what came and what was expected.
    """
    return _core.shade(albedo, normals, sh, threads)
