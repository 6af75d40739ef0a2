"""Morphable decode and subdivision."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from facesdk import InvalidArray, ops, reference
from facesdk.morphable.shape_blocks import RMS_ERROR_MM, pack_shapes
from tests.ops.meshes import FloatArray, subdivision


@pytest.mark.parametrize(("controls", "rows", "verts"), [(1, 1, 1), (7, 3, 19), (801, 12, 2113)])
@pytest.mark.parametrize("dtype", [np.float32, np.int8])
def test_equals_the_reference(controls: int, rows: int, verts: int, dtype: type) -> None:
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


def local_shapes(rng: np.random.Generator, shapes: int, controls: int) -> list[FloatArray]:
    """Shapes that each move a stretch of the vertices, by hundredths of a millimetre to centimetres."""
    out = []
    for size in np.geomspace(0.02, 30, shapes):
        shape = np.zeros((controls, 3), np.float32)
        start = rng.integers(0, controls)
        moved = shape[start : start + controls // 3 + 1]
        moved[:] = rng.normal(size=moved.shape) * size / 3
        out.append(shape)
    return out


@pytest.mark.parametrize(
    ("controls", "shapes", "verts"), [(1, 1, 1), (85, 0, 3), (86, 3, 19), (801, 12, 2113)]
)
def test_decoder_equals_its_reference_and_the_shapes_in_float(controls: int, shapes: int, verts: int) -> None:
    rng = np.random.default_rng(controls)
    base = rng.normal(size=(controls, 3)).astype(np.float32) * 80
    exact = local_shapes(rng, shapes, controls)
    packed = pack_shapes(exact, controls)
    sub = subdivision(rng, verts, controls)
    coeffs = rng.uniform(0, 1, shapes).astype(np.float32)
    dense = base + sum((c * s for c, s in zip(coeffs, exact, strict=True)), np.zeros_like(base))
    for parts in (None, sub):
        ours = ops.Decoder(controls, packed, parts)(base, coeffs)
        np.testing.assert_allclose(ours, reference.Decoder(controls, packed, parts)(base, coeffs), atol=1e-4)
        expected = dense if parts is None else reference.subdivide(dense, *parts)
        np.testing.assert_allclose(ours, expected, atol=6 * RMS_ERROR_MM)
        np.testing.assert_array_equal(ours, ops.Decoder(controls, packed, parts)(base, coeffs, threads=3))


def test_shapes_keep_their_error_whatever_their_size() -> None:
    rng = np.random.default_rng(0)
    exact = local_shapes(rng, 40, 3000)
    error = 0.004
    decoder = ops.Decoder(3000, pack_shapes(exact, 3000, error))
    flat = np.zeros((3000, 3), np.float32)
    apart = [
        decoder(flat, coeffs) - np.tensordot(coeffs, np.stack(exact), axes=1)
        for coeffs in rng.normal(size=(20, 40)).astype(np.float32)
    ]
    assert np.sqrt(np.square(apart).mean()) <= error
    assert np.abs(apart).max() <= 6 * error
    # What is allowed is made use of.
    fine, coarse = (pack_shapes(exact, 3000, e).values.size for e in (error, 10 * error))
    assert coarse < fine


@pytest.mark.parametrize("entries", [1, 4, 5, 8, 9, 17, 513, 700])
@pytest.mark.parametrize("most", [7, 127])
def test_bytes_and_half_bytes_in_any_number(entries: int, most: int) -> None:
    rng = np.random.default_rng(entries)
    values = rng.integers(-most, most + 1, (entries, 256)).astype(np.int8)
    values[::3] = rng.integers(-127, 128, values[::3].shape)
    row = rng.integers(0, 20, entries).astype(np.int32)
    step = rng.uniform(0.01, 1, entries).astype(np.float32)
    blocks = ops.ShapeBlocks(np.array([0, entries], np.int32), row, step, values)
    coeffs = rng.normal(size=20).astype(np.float32)
    coeffs[::4] = 0
    base = np.zeros((80, 3), np.float32)
    exact = (coeffs[row] * step).astype(np.float64) @ values[:, :240]
    ours = ops.Decoder(80, blocks)(base, coeffs).ravel()
    # A weight is off by half of 1/32512 of the largest, which is at most about 3.
    np.testing.assert_allclose(ours, exact, atol=5e-5 * 127 * 4 * np.sqrt(entries))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(row=np.array([9, -1], np.int32)), "row: got index -1 at position 1"),
        (dict(ptr=np.array([0, 3], np.int32)), "ptr: got a row pointer from 0 to 3"),
        (dict(ptr=np.array([0, 1, 2], np.int32)), r"ptr: got int32 (3,), expected int32 (B+1=2,)"),
        (dict(values=np.zeros((2, 255), np.int8)), "values: got int8 (2, 255), expected int8 (E=2, 256"),
        (dict(step=np.zeros(2)), "step: got float64 (2,), expected float32 (E=2,)"),
    ],
)
def test_decoder_refuses_what_does_not_fit(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = dict(
        ptr=np.array([0, 2], np.int32),
        row=np.zeros(2, np.int32),
        step=np.ones(2, np.float32),
        values=np.zeros((2, 256), np.int8),
    )
    with pytest.raises(InvalidArray, match=f"^{re.escape(message)}"):
        ops.Decoder(5, ops.ShapeBlocks(**{**good, **change}))
    decoder = ops.Decoder(5, ops.ShapeBlocks(**good))
    with pytest.raises(InvalidArray, match=r"^base: got float32 \(4, 3\), expected float32 \(C=5, 3\)"):
        decoder(np.zeros((4, 3), np.float32), np.zeros(1, np.float32))
    with pytest.raises(InvalidArray, match=r"^coeffs: got 0 numbers"):
        decoder(np.zeros((5, 3), np.float32), np.zeros(0, np.float32))


def test_a_coefficient_that_is_not_finite_shows() -> None:
    mean = np.zeros((40, 3), np.float32)
    bases = np.ones((3, 40, 3), np.int8)
    for bad in (np.nan, np.inf):
        assert np.isnan(ops.decode_dense(mean, bases, np.array([1, bad, 2], np.float32))).all()


def test_more_rows_than_one_exact_sum_holds() -> None:
    rng = np.random.default_rng(0)
    bases = rng.integers(-127, 128, (1100, 7, 3)).astype(np.int8)
    coeffs = rng.normal(size=1100).astype(np.float32)
    mean = np.zeros((7, 3), np.float32)
    expected = np.tensordot(coeffs.astype(np.float64), bases, axes=1)
    np.testing.assert_allclose(ops.decode_dense(mean, bases, coeffs), expected, atol=0.3)  # of some 5,000
