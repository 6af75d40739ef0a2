"""Real spherical harmonics up to degree 2, the basis of the light (paper 1, equation 6)."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import FloatArray

Y0 = np.sqrt(1 / (4 * np.pi))  # Y00
Y1 = np.sqrt(3 / (4 * np.pi))  # Y1-1, Y10, Y11: times y, z, x
Y2 = np.sqrt(15 / (4 * np.pi))  # Y2-2, Y2-1, Y21: times xy, yz, xz
Y20 = np.sqrt(5 / (16 * np.pi))  # times 3 z^2 - 1
Y22 = np.sqrt(15 / (16 * np.pi))  # times x^2 - y^2


def sh_basis(directions: FloatArray) -> FloatArray:
    """Evaluate the basis Y00, Y1-1, Y10, Y11, Y2-2, Y2-1, Y20, Y21, Y22.

    Args:
        directions: (N, 3), unit length; for light, normals in the camera frame.

    Returns:
        (N, 9) float32.
    """
    x, y, z = directions.T
    rows = [
        np.full_like(x, Y0), Y1 * y, Y1 * z, Y1 * x,
        Y2 * x * y, Y2 * y * z, Y20 * (3 * z * z - 1), Y2 * x * z, Y22 * (x * x - y * y),
    ]  # fmt: skip
    return np.stack(rows, axis=1).astype(np.float32)
