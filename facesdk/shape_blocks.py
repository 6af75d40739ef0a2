"""Quantised forms of linear shapes: a byte per number, and a second where one is too coarse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesdk.ops import ShapeBlocks

FloatArray = NDArray[np.float32]
Int8Array = NDArray[np.int8]

BLOCK = 256  # numbers in a block, as in csrc/decode
LOW_STEPS = 254  # steps of the second byte in one of the first: from -127 to 127
COARSEST_MM = 0.005  # a step above it gets a second byte: rounding moves a vertex by half a step at most


def pack_shapes(shapes: Iterable[FloatArray], controls: int) -> ShapeBlocks:
    """Local shapes, (C, 3) mm each, as blocks of bytes; blocks that a shape does not move are left out."""
    blocks = -(-3 * controls // BLOCK)
    places, rows, steps, values = [], [], [], []
    padded = np.zeros(blocks * BLOCK, np.float32)
    for number, shape in enumerate(shapes):
        padded[: 3 * controls] = shape.reshape(-1)
        block = padded.reshape(blocks, BLOCK)
        step = np.maximum(block.max(axis=1), -block.min(axis=1)) / np.float32(127)
        kept = np.flatnonzero(step)
        block, step = block[kept], step[kept]
        high = np.rint(block / step[:, None])
        fine = np.flatnonzero(step > COARSEST_MM)
        low = np.rint((block[fine] / step[fine, None] - high[fine]) * LOW_STEPS)
        places += [kept, kept[fine]]
        steps += [step, step[fine] / np.float32(LOW_STEPS)]
        values += [high.astype(np.int8), low.astype(np.int8)]
        rows.append(np.full(len(kept) + len(fine), number, np.int32))
    place = np.concatenate([np.zeros(0, np.intp), *places])
    order = np.argsort(place, kind="stable")  # by block of the mesh, for one pass over memory
    return ShapeBlocks(
        np.searchsorted(place[order], np.arange(blocks + 1)).astype(np.int32),
        np.concatenate([np.zeros(0, np.int32), *rows])[order],
        np.concatenate([np.zeros(0, np.float32), *steps])[order],
        np.concatenate([np.zeros((0, BLOCK), np.int8), *values])[order],
    )


def to_bytes(basis: NDArray[Any], scale: FloatArray) -> tuple[Int8Array, Int8Array, FloatArray]:
    """A float basis (K, C, 3), row k in units of scale[k] mm, as bytes.

    Returns the bytes (K, C, 3), second bytes (L, C, 3) of the first L rows, and the steps (K,) in mm; a step
    of the second byte is 1/254 of the first's.
    """
    count = len(basis)
    high = np.empty(basis.shape, np.int8)
    steps = np.empty(count, np.float32)
    low: list[Int8Array] = []
    for k, row in enumerate(basis):
        values = row.astype(np.float32) * scale[k]
        steps[k] = max(float(np.abs(values).max(initial=0.0)) / 127, 1e-12)
        values /= steps[k]
        high[k] = np.rint(values)
        rest = np.rint((values - high[k]) * LOW_STEPS)
        low.append(rest.astype(np.int8))
    coarse = np.flatnonzero(steps > COARSEST_MM)
    fine = int(coarse[-1]) + 1 if len(coarse) else 0
    second = np.stack(low[:fine]) if fine else np.zeros((0, *basis.shape[1:]), np.int8)
    return high, second, steps
