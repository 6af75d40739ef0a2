"""Identity and expression shapes of a face model as its file stores them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesdk import ops
from facesdk.core.arrays import FloatArray, Int8Array, IntArray

LOW_STEPS = 254  # steps of the second byte in one of the first: from -127 to 127


class ByteRows:
    """Shapes quantised to int8, one step each, as the bundled model has its identities.

    Args:
        rows: (K, C, 3) int8.
        low: (L, C, 3) int8, second bytes of the first L rows, 254 times as fine.
        steps: (K,) in the unit of the mesh.
    """

    def __init__(self, rows: Int8Array, low: Int8Array, steps: FloatArray) -> None:
        self._rows, self._low, self._steps = rows, low, steps

    def __len__(self) -> int:
        return len(self._rows)

    def fits(self, count: int, controls: int) -> bool:
        """Whether these are `count` shapes of as many vertices."""
        low = self._low.shape
        return self._rows.shape == (count, controls, 3) and low[0] <= count and low[1:] == (controls, 3)

    def added_to(self, mean: FloatArray, coeffs: FloatArray, threads: int = 1) -> FloatArray:
        """Add the shapes times coeffs (K,) to mean (C, 3)."""
        scaled = coeffs * self._steps
        mesh = ops.decode_dense(mean, self._rows, scaled, threads=threads)
        if len(self._low):
            low = scaled[: len(self._low)] / np.float32(LOW_STEPS)
            mesh = ops.decode_dense(mesh, self._low, low, threads=threads)
        return mesh

    def at(self, used: IntArray) -> FloatArray:
        """Restrict the shapes to some vertices (N,): (K, N, 3)."""
        steps = self._steps[:, None, None]
        out = self._rows[:, used] * steps
        fine = len(self._low)
        out[:fine] += self._low[:, used] * (steps[:fine] / np.float32(LOW_STEPS))
        return np.asarray(out, np.float32)


class FloatRows:
    """Shapes as floats, as a Basel model has them; decoded from the packed shapes, not from here.

    Args:
        rows: (K, C, 3), any float type.
        scale: (K,), factor of each row.
    """

    def __init__(self, rows: NDArray[Any], scale: FloatArray) -> None:
        self._rows, self._scale = rows, scale

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[FloatArray]:
        for row, scale in zip(self._rows, self._scale, strict=True):
            yield np.asarray(row * scale, np.float32)

    def fits(self, count: int, controls: int) -> bool:
        """Whether these are `count` shapes of as many vertices."""
        return self._rows.shape == (count, controls, 3)

    def at(self, used: IntArray) -> FloatArray:
        """Restrict the shapes to some vertices (N,): (K, N, 3)."""
        return np.asarray(self._rows[:, used] * self._scale[:, None, None], np.float32)


class SparseShapes:
    """K shapes (C, 3) of which only moved vertices are stored: ptr (K + 1,), idx (N,), val (N, 3)."""

    def __init__(self, ptr: IntArray, idx: NDArray[Any], val: NDArray[Any], controls: int) -> None:
        self.ptr, self.idx, self.val, self._controls = ptr, idx, val, controls

    def __len__(self) -> int:
        return len(self.ptr) - 1

    def __iter__(self) -> Iterator[FloatArray]:
        """Yield one array, refilled: each shape is valid until the next."""
        shape = np.zeros((self._controls, 3), np.float32)
        for begin, end in itertools.pairwise(self.ptr.tolist()):
            shape[:] = 0
            shape[self.idx[begin:end]] = self.val[begin:end]
            yield shape


class Shapes:
    """Several sets of shapes, one after the other."""

    def __init__(self, *parts: Iterable[FloatArray]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[FloatArray]:
        return itertools.chain(*self._parts)


def stored_identity(tensors: Mapping[str, NDArray[Any]]) -> ByteRows | FloatRows:
    """Read the identity shapes of a face-model file, in the form in which the file has them."""
    rows, scale = tensors["identity_q"], np.ascontiguousarray(tensors["identity_scale"], np.float32)
    if rows.dtype != np.int8:
        return FloatRows(rows, scale)
    none = np.zeros((0, *rows.shape[1:]), dtype=np.int8)
    return ByteRows(rows, tensors.get("identity_low_q", none), scale)
