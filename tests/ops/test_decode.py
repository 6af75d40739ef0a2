"""Morphable decode and subdivision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from facesdk import ops, reference
from tests.ops.meshes import subdivision


@pytest.mark.parametrize(("controls", "rows", "verts"), [(1, 1, 1), (7, 3, 19), (801, 12, 2113)])
@pytest.mark.parametrize("dtype", [np.float32, np.int8])
def test_equals_the_twin(controls: int, rows: int, verts: int, dtype: type) -> None:
    rng = np.random.default_rng(controls)
    mean = rng.normal(size=(controls, 3)).astype(np.float32)
    bases: NDArray[Any] = (rng.normal(size=(rows, controls, 3)) * 20).astype(dtype)
    coeffs = rng.normal(size=rows).astype(np.float32)
    coeffs[::3] = 0
    ptr, idx, val = subdivision(rng, verts, controls)
    # Float sums of a few dozen terms around 100: some rounding steps of 1e-5.
    np.testing.assert_allclose(
        ops.decode(mean, bases, coeffs, ptr, idx, val),
        reference.decode(mean, bases, coeffs, ptr, idx, val),
        rtol=1e-5,
        atol=1e-4,
    )
    dense = ops.decode_dense(mean, bases, coeffs)
    np.testing.assert_allclose(dense, reference.decode_dense(mean, bases, coeffs), rtol=1e-5, atol=1e-4)
    # The decode is the blend followed by the subdivision, to the bit.
    np.testing.assert_array_equal(
        ops.subdivide(dense, ptr, idx, val), ops.decode(mean, bases, coeffs, ptr, idx, val)
    )


def test_rows_that_add_up_to_one_keep_a_constant() -> None:
    rng = np.random.default_rng(3)
    ptr, idx, val = subdivision(rng, 500, 90)
    control = np.full((90, 3), 7.25, np.float32)
    np.testing.assert_allclose(ops.subdivide(control, ptr, idx, val), 7.25, rtol=1e-6)


def test_zero_coefficients_give_the_mean_and_read_no_basis() -> None:
    mean = np.arange(12, dtype=np.float32).reshape(4, 3)
    bases = np.full((2, 4, 3), np.nan, np.float32)  # a read would show
    np.testing.assert_array_equal(ops.decode_dense(mean, bases, np.zeros(2, np.float32)), mean)


def test_no_basis_at_all() -> None:
    mean = np.ones((4, 3), np.float32)
    out = ops.decode_dense(mean, np.zeros((0, 4, 3), np.float32), np.zeros(0, np.float32))
    np.testing.assert_array_equal(out, mean)
