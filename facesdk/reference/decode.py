"""Twin of csrc/decode."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]


def decode_dense(
    mean: FloatArray, bases: FloatArray | NDArray[np.int8], coeffs: FloatArray, *, threads: int = 1
) -> FloatArray:
    """mean + sum of coeffs[k] * bases[k], added in the order of k."""
    out = mean.copy()
    for coefficient, basis in zip(coeffs, bases, strict=True):
        out += coefficient * basis.astype(np.float32)
    return out


def subdivide(
    control: FloatArray, sub_ptr: IntArray, sub_idx: IntArray, sub_val: FloatArray, *, threads: int = 1
) -> FloatArray:
    """Each dense vertex is the weighted sum of its control vertices."""
    out = np.zeros((len(sub_ptr) - 1, 3), np.float32)
    row = np.repeat(np.arange(len(out)), np.diff(sub_ptr))
    np.add.at(out, row, sub_val[:, None] * control[sub_idx])
    return out


def decode(
    mean: FloatArray,
    bases: FloatArray | NDArray[np.int8],
    coeffs: FloatArray,
    sub_ptr: IntArray,
    sub_idx: IntArray,
    sub_val: FloatArray,
    *,
    threads: int = 1,
) -> FloatArray:
    """The linear shapes, then the subdivision."""
    return subdivide(decode_dense(mean, bases, coeffs), sub_ptr, sub_idx, sub_val)
