"""Twin of csrc/ops/shade."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def sh_basis(normals: FloatArray) -> FloatArray:
    """Real spherical harmonics (V, 9) at unit directions, order Y00, Y1-1, Y10, Y11, Y2-2, ... Y22."""
    x, y, z = normals.T
    pi = np.pi
    rows = [
        np.full_like(x, np.sqrt(1 / (4 * pi))),
        np.sqrt(3 / (4 * pi)) * y,
        np.sqrt(3 / (4 * pi)) * z,
        np.sqrt(3 / (4 * pi)) * x,
        np.sqrt(15 / (4 * pi)) * x * y,
        np.sqrt(15 / (4 * pi)) * y * z,
        np.sqrt(5 / (16 * pi)) * (3 * z * z - 1),
        np.sqrt(15 / (4 * pi)) * x * z,
        np.sqrt(15 / (16 * pi)) * (x * x - y * y),
    ]
    return np.stack(rows, axis=1).astype(np.float32)


def shade(albedo: FloatArray, normals: FloatArray, sh: FloatArray, *, threads: int = 1) -> FloatArray:
    """Albedo times the light that comes from around the normal."""
    out: FloatArray = albedo * (sh_basis(normals) @ sh)
    return out
