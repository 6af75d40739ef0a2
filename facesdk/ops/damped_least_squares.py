"""Damped least squares (csrc/ops/damped_least_squares)."""

from __future__ import annotations

from facesdk.core.arrays import FloatArray
from facesdk.core.compiled import _core


def damped_least_squares(jacobian: FloatArray, residual: FloatArray, damping: float) -> FloatArray:
    """Solve argmin |J s - r|^2 + damping |s|^2 for fewer equations than unknowns.

    Args:
        jacobian: J, (M, N) with M <= 4096.
        residual: r, (M,).
        damping: > 0.

    Returns:
        s, (N,) float32; zeros where something in the system is not finite.
    """
    return _core.damped_least_squares(jacobian, residual, damping)
