"""Linear shapes as blocks of bytes: a byte for each number, and half bytes more where one is too coarse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from facesdk.ops import ShapeBlocks

FloatArray = NDArray[np.float32]

BLOCK = 256  # numbers in a block, as in csrc/ops/decode
FINER = 15  # steps of half a byte in one of what it refines: from -7 to 7
MOST_LEVELS = 4
RMS_ERROR_MM = 0.006  # of a coordinate: 0.009 mm for a vertex in the mean, and hardly ever more than 0.04


def pack_shapes(shapes: Iterable[FloatArray], controls: int, error: float = RMS_ERROR_MM) -> ShapeBlocks:
    """Shapes, (C, 3) mm each, as blocks of bytes; blocks that a shape does not move are left out.

    A byte holds a number of a block to a step of 1/127 of the block's largest. Where that is too coarse, the
    remainder is stored by half a byte, 15 times as fine, and so on: the coarsest first, until the root mean
    square of what all shapes of a block together are off, at coefficients of variance 1, is at most `error`
    (unit of the shapes). `shapes` is gone through twice.
    """
    blocks = -(-3 * controls // BLOCK)
    largest = np.array([_largest(block) for block in _in_blocks(shapes, blocks)], np.float32)
    steps = largest.reshape(-1, blocks) / np.float32(127)
    levels = _levels(steps, error)
    places, rows, units, values = [], [], [], []
    for number, block in enumerate(_in_blocks(shapes, blocks)):
        kept = np.flatnonzero(levels[number])
        rest = block[kept] / steps[number, kept, None]
        whole = np.rint(rest)
        for level in range(int(levels[number].max(initial=0))):
            if level > 0:
                finer = levels[number, kept] > level
                kept, rest = kept[finer], (rest - whole)[finer] * np.float32(FINER)
                whole = np.rint(rest)
            places.append(kept)
            rows.append(np.full(len(kept), number, np.int32))
            units.append(steps[number, kept] / np.float32(FINER**level))
            values.append(whole.astype(np.int8))
    place = np.concatenate([np.zeros(0, np.intp), *places])
    order = np.argsort(place, kind="stable")  # by block of the mesh, for one pass over memory
    return ShapeBlocks(
        np.searchsorted(place[order], np.arange(blocks + 1)).astype(np.int32),
        np.concatenate([np.zeros(0, np.int32), *rows])[order],
        np.concatenate([np.zeros(0, np.float32), *units])[order],
        np.concatenate([np.zeros((0, BLOCK), np.int8), *values])[order],
    )


def _in_blocks(shapes: Iterable[FloatArray], blocks: int) -> Iterator[FloatArray]:
    """(blocks, 256) numbers of each shape, the last block filled up with zeros; good until the next."""
    padded = np.zeros(blocks * BLOCK, np.float32)
    for shape in shapes:
        padded[: shape.size] = shape.reshape(-1)
        yield padded.reshape(blocks, BLOCK)


def _largest(block: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(block.max(axis=1), -block.min(axis=1)))


def _levels(steps: FloatArray, error: float) -> NDArray[np.int64]:
    """How often each shape (K, blocks) is stored in each block: 0 where it does not move it."""
    levels = (steps > 0).astype(np.int64)
    for _ in range(MOST_LEVELS - 1):
        # Rounding to a step is off by a variance of step^2 / 12.
        variance = (steps / float(FINER) ** (levels - 1)) ** 2 / 12 * (levels > 0)
        order = np.argsort(variance, axis=0)
        left = np.cumsum(np.take_along_axis(variance, order, axis=0), axis=0) > error**2
        finer = np.zeros_like(left)
        np.put_along_axis(finer, order, left, axis=0)
        if not finer.any():
            break
        levels += finer
    return levels
