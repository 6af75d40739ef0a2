"""Reference of csrc/ops/decode."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesdk.core.arrays import FloatArray, IntArray


def decode_dense(
    mean: FloatArray, bases: FloatArray | NDArray[np.int8], coeffs: FloatArray, *, threads: int = 1
) -> FloatArray:
    """mean + sum of coeffs[k] * bases[k]: float32 in the order of k, int8 as one exact sum of integers."""
    if bases.dtype == np.int8:
        return mean + sum_bytes(bases, coeffs)
    out = mean.copy()
    for coefficient, basis in zip(coeffs, bases, strict=True):
        out += coefficient * basis
    return out


def sum_bytes(rows: NDArray[Any], coeffs: FloatArray) -> FloatArray:
    """Sum of rows (K, ...) of bytes, coefficients rounded to 1/65024 of the largest."""
    step = np.abs(coeffs).max(initial=0) / np.float32(32512)
    if step == 0:
        return np.zeros(rows.shape[1:], np.float32)
    weights = np.rint(coeffs / step)
    # Integers below 2^31 are exact in a double.
    total: FloatArray = np.tensordot(weights.astype(np.float64), rows, axes=1).astype(np.float32)
    total *= step
    return total


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


class Decoder:
    """The blocks one after the other, then the subdivision."""

    def __init__(
        self,
        controls: int,
        shapes: tuple[IntArray, IntArray, FloatArray, NDArray[np.int8]],
        subdivision: tuple[IntArray, IntArray, FloatArray] | None = None,
    ) -> None:
        self.controls, self.shapes, self.subdivision = controls, shapes, subdivision

    def __call__(self, base: FloatArray, coeffs: FloatArray, *, threads: int = 1) -> FloatArray:
        """base (C, 3) + the shapes, subdivided."""
        ptr, row, step, values = self.shapes
        out = np.zeros((len(ptr) - 1, values.shape[1]), np.float32)
        out.reshape(-1)[: base.size] = base.reshape(-1)
        for block, (begin, end) in enumerate(itertools.pairwise(ptr)):
            out[block] += sum_bytes(values[begin:end], coeffs[row[begin:end]] * step[begin:end])
        control = out.reshape(-1)[: base.size].reshape(base.shape)
        return control.copy() if self.subdivision is None else subdivide(control, *self.subdivision)

    def subdivide(self, control: FloatArray, *, threads: int = 1) -> FloatArray:
        """The subdivision alone."""
        assert self.subdivision is not None
        return subdivide(control, *self.subdivision)
