"""Linear shapes quantised to int8 blocks, refined where one byte is too coarse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from facesdk.core.arrays import FloatArray
from facesdk.ops import ShapeBlocks

BLOCK = 256  # numbers in a block, as in csrc/ops/decode
FINER = 15  # steps of a refinement in one of what it refines: from -7 to 7
MAX_LEVELS = 4  # entries of one shape for one block
RMS_ERROR_MM = 0.006  # of a coordinate; a vertex is 0.009 mm off in the mean, seldom more than 0.04


def pack_shapes(shapes: Iterable[FloatArray], controls: int, error: float = RMS_ERROR_MM) -> ShapeBlocks:
    """Quantise shapes to int8 blocks; blocks that a shape does not move are left out.

    A number is stored to a step of 1/127 of its block's largest. Where that is too coarse, the remainder is
    stored in another entry, 15 times as fine, and so on: the coarsest first, until the root mean square error
    of all shapes of a block together, at coefficients of variance 1, is at most `error`.

    Args:
        shapes: K arrays (C, 3) mm; iterated twice.
        controls: C.
        error: bound of the root mean square error of a coordinate, in the unit of the shapes.

    Returns:
        Entries ordered by block.
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
    """(blocks, 256) numbers of each shape, the last block padded with zeros; valid until the next."""
    padded = np.zeros(blocks * BLOCK, np.float32)
    for shape in shapes:
        padded[: shape.size] = shape.reshape(-1)
        yield padded.reshape(blocks, BLOCK)


def _largest(block: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(block.max(axis=1), -block.min(axis=1)))


def _levels(steps: FloatArray, error: float) -> NDArray[np.int64]:
    """Entries (K, blocks) of each shape for each block: 0 where it does not move it."""
    levels = (steps > 0).astype(np.int64)
    for _ in range(MAX_LEVELS - 1):
        # Rounding to a step is off by a variance of step^2 / 12.
        variance = (steps / float(FINER) ** (levels - 1)) ** 2 / 12 * (levels > 0)
        # Mirrored shapes tie: an unstable sort would order them differently on each CPU.
        order = np.argsort(variance, axis=0, kind="stable")
        left = np.cumsum(np.take_along_axis(variance, order, axis=0), axis=0) > error**2
        finer = np.zeros_like(left)
        np.put_along_axis(finer, order, left, axis=0)
        if not finer.any():
            break
        levels += finer
    return levels
