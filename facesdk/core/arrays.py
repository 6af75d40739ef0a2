"""Array types, by element type; shapes, units and frames stand in the docstring of what takes them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float32]
DoubleArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int32]
IndexArray: TypeAlias = NDArray[np.intp]
Int8Array: TypeAlias = NDArray[np.int8]
BoolArray: TypeAlias = NDArray[np.bool_]
Picture: TypeAlias = NDArray[np.uint8]  # (H, W, 3) RGB


def as_float32(values: ArrayLike) -> FloatArray:
    """Convert to float32 in C order; no copy where it is that already."""
    return np.ascontiguousarray(values, dtype=np.float32)


def as_int32(values: ArrayLike) -> IntArray:
    """Convert to int32 in C order; no copy where it is that already."""
    array: IntArray = np.ascontiguousarray(values, dtype=np.int32)
    return array


def rounded(values: ArrayLike, digits: int) -> list[Any]:
    """Convert an array to nested lists of numbers with so many decimal digits."""
    numbers: list[Any] = np.round(np.asarray(values, dtype=np.float64), digits).tolist()
    return numbers
