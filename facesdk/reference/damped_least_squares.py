"""Reference of csrc/ops/damped_least_squares."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import FloatArray


def damped_least_squares(jacobian: FloatArray, residual: FloatArray, damping: float) -> FloatArray:
    """argmin |J s - r|^2 + damping |s|^2, in double inside; zeros where the system is not finite."""
    j, r = jacobian.astype(np.float64), residual.astype(np.float64)
    if not (np.isfinite(j).all() and np.isfinite(r).all()):
        return np.zeros(j.shape[1], np.float32)
    step = j.T @ np.linalg.solve(j @ j.T + damping * np.eye(len(j)), r)
    return np.asarray(step, np.float32)
