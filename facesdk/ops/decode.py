"""Linear shapes and subdivision (csrc/ops/decode)."""

from __future__ import annotations

from typing import NamedTuple

from facesdk.core.arrays import FloatArray, Int8Array, IntArray
from facesdk.core.compiled import _core


class ShapeBlocks(NamedTuple):
    """Local shapes over a control mesh of C vertices, cut into B = ceil(3 C / 256) blocks of 256 numbers.

    Only the blocks that a shape moves are stored, ordered by block; a shape may have several entries for one
    block, which add up: the second refines the first, whose bytes were too coarse.
    """

    ptr: IntArray  # (B + 1,) first entry of each block
    row: IntArray  # (E,) index of the shape
    step: FloatArray  # (E,) mm per unit of values
    values: Int8Array  # (E, 256)

    def __repr__(self) -> str:
        return f"ShapeBlocks({len(self.row)} blocks of {1 + int(self.row.max(initial=-1))} shapes)"


class Decoder:
    """Shapes and subdivision of one face model, checked once and then applied frame by frame.

    Args:
        controls: C, vertices of the control mesh.
        shapes: its local shapes; not to be changed afterwards.
        subdivision: sub_ptr (V + 1,), sub_idx (N,), sub_val (N,) as in `decode`; None where the control mesh
            is the mesh.

    Raises:
        InvalidArray: an array does not fit.
    """

    def __init__(
        self,
        controls: int,
        shapes: ShapeBlocks,
        subdivision: tuple[IntArray, IntArray, FloatArray] | None = None,
    ) -> None:
        self.shapes, self.subdivision = shapes, subdivision
        self._compiled = _core.Decoder(controls, *shapes, *(subdivision or (None, None, None)))

    def __call__(self, base: FloatArray, coeffs: FloatArray, *, threads: int = 1) -> FloatArray:
        """Add local shapes to a control mesh and subdivide (paper 1, equation 1).

        Args:
            base: (C, 3) mm, face frame: mean and identity, constant over a track.
            coeffs: (K,); zeros cost nothing.
            threads: CPU threads; the result does not depend on it.

        Returns:
            (V, 3) float32 mm, face frame.
        """
        return self._compiled.apply(base, coeffs, threads)

    def subdivide(self, control: FloatArray, *, threads: int = 1) -> FloatArray:
        """Subdivide values (C, 3) on the control mesh, any unit, to (V, 3)."""
        return self._compiled.subdivide(control, threads)


def decode(
    mean: FloatArray,
    bases: FloatArray | Int8Array,
    coeffs: FloatArray,
    sub_ptr: IntArray,
    sub_idx: IntArray,
    sub_val: FloatArray,
    *,
    threads: int = 1,
) -> FloatArray:
    """Decode coefficients to a dense mesh: linear shapes, then subdivision (paper 1, equations 1 to 4).

    Args:
        mean: (C, 3) mm.
        bases: (K, C, 3) mm per unit coefficient, or int8 with the steps multiplied into coeffs, which are
            then rounded to 1/65024 of the largest.
        coeffs: (K,); zeros cost nothing.
        sub_ptr: (V + 1,) int32, rows of the subdivision matrix.
        sub_idx: (N,) int32, control vertices.
        sub_val: (N,), weights.
        threads: CPU threads.

    Returns:
        (V, 3) float32 mm, face frame.
    """
    return _core.decode(mean, bases, coeffs, sub_ptr, sub_idx, sub_val, threads)


def decode_dense(
    mean: FloatArray, bases: FloatArray | Int8Array, coeffs: FloatArray, *, threads: int = 1
) -> FloatArray:
    """Add linear shapes, no subdivision: mean + sum of coeffs[k] * bases[k] (paper 1, equations 1 to 4).

    Args:
        mean: (V, 3), any unit (mm of a BFM, albedo in 0..1).
        bases: (K, V, 3), float32, or int8 with the steps multiplied into coeffs, which are then rounded to
            1/65024 of the largest (the sum is exact).
        coeffs: (K,).
        threads: CPU threads.

    Returns:
        (V, 3) float32 in the unit of mean.
    """
    return _core.decode_dense(mean, bases, coeffs, threads)


def subdivide(
    control: FloatArray, sub_ptr: IntArray, sub_idx: IntArray, sub_val: FloatArray, *, threads: int = 1
) -> FloatArray:
    """Subdivide: each dense vertex is a weighted mean of control vertices.

    Args:
        control: (C, 3), any unit.
        sub_ptr: (V + 1,) int32, rows of the subdivision matrix.
        sub_idx: (N,) int32, control vertices.
        sub_val: (N,), weights.
        threads: CPU threads.

    Returns:
        (V, 3) float32 in the unit of control.
    """
    return _core.subdivide(control, sub_ptr, sub_idx, sub_val, threads)
