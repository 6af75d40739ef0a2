"""Reference of csrc/ops/shade."""

from __future__ import annotations

from facesdk.core.arrays import FloatArray
from facesdk.core.spherical_harmonics import sh_basis


def shade(albedo: FloatArray, normals: FloatArray, sh: FloatArray, *, threads: int = 1) -> FloatArray:
    """Albedo times the light that comes from around the normal."""
    out: FloatArray = albedo * (sh_basis(normals) @ sh)
    return out
