"""NumPy reference of csrc/pipeline/face_region and csrc/pipeline/occlusion, from a mask on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import BoolArray, DoubleArray, FloatArray, IntArray

CELLS = 44  # per crop side, of the face's outline
CLOSING = 2  # cells on each side: gaps between splatted vertices are smaller
COVERED = 128  # chance from which on a pixel counts as covered, of 255
BEHIND_MM = 15.0  # behind the nearest vertex of its cell, from which on a vertex is hidden
JAW_MARGIN = 1.03  # the jaw line is widened by this about the middle between its ends
LEAST_MOTION = 0.3  # of the farthest: what goes less far is not the expression's
MOST_MOVED = 192  # vertices of an expression


class Cover(NamedTuple):
    """What is measured of the cover of one face."""

    share: float  # of the outline that is covered
    outline: npt.NDArray[np.uint8]  # (CELLS, CELLS)
    observed: FloatArray  # (n_exp,) share of what each expression moves that the picture shows
    uncovered: FloatArray  # (n_exp,) the same, whether or not the head hides it


def above_jaw(verts: npt.NDArray[np.floating[Any]], jaw: npt.NDArray[np.floating[Any]]) -> BoolArray:
    """Vertices (C, 3) mm of the neutral face that, seen from the front, lie above its jaw line (17, 3)."""
    middle = (jaw[0, :2].astype(float) + jaw[16, :2]) / 2
    line = middle + JAW_MARGIN * (jaw[:, :2].astype(float) - middle)
    order = np.argsort(line[:, 0], kind="stable")
    lowest = np.interp(verts[:, 0], line[order, 0], line[order, 1], left=middle[1], right=middle[1])
    return np.asarray(verts[:, 1] >= lowest)


def moved_vertices(motion: FloatArray) -> tuple[IntArray, FloatArray]:
    """Rows of a motion (M, 3) mm that go farthest, evenly thinned, and how far they go."""
    square = motion[:, 0] * motion[:, 0]
    far = np.sqrt(square + motion[:, 1] * motion[:, 1] + motion[:, 2] * motion[:, 2])
    some = np.flatnonzero((far > 0) & (far >= np.float32(LEAST_MOTION) * far.max(initial=0)))
    count = min(len(some), MOST_MOVED)
    chosen = some[np.arange(count) * len(some) // max(count, 1)]
    return chosen.astype(np.int32), far[chosen]


def measure_cover(
    chance: npt.NDArray[np.uint8],
    matrix: FloatArray,
    points: FloatArray,
    moved: list[tuple[IntArray, FloatArray]],
    height: int,
    width: int,
) -> Cover:
    """Measure what a mask says of a face.

    Args:
        chance: (S, S) of being covered, in 255ths.
        matrix: (2, 3) px of the picture -> px of the mask.
        points: (M, 3) px and depth of the region's vertices.
        moved: of each expression, rows of `points` and weights.
        height: of the picture, px.
        width: of the picture, px.
    """
    side = len(chance)
    at = in_mask(matrix, points)
    cells = np.floor((at + 0.5) * (CELLS / side))
    placed = ((cells >= 0) & (cells < CELLS)).all(1) & (points[:, 2] > 0)
    index = np.where(placed, cells[:, 1] * CELLS + cells[:, 0], 0).astype(int)
    uncovered = shown_points(chance, matrix, points, height, width)
    nearest = np.full(CELLS * CELLS, np.inf, np.float32)
    np.minimum.at(nearest, index[placed], points[placed, 2])
    seen = uncovered & (points[:, 2] <= nearest[index] + np.float32(BEHIND_MM))
    outline = closed(np.bincount(index[placed], minlength=CELLS * CELLS).reshape(CELLS, CELLS) > 0)
    rows, columns = np.nonzero(outline)
    centres = np.asarray((np.column_stack([columns, rows]) + 0.5) * (side / CELLS) - 0.5, np.float64)
    covered = is_covered(chance, centres)
    share = float(covered.sum()) / len(covered) if len(covered) else 0.0
    shares = [_motion_shares(moved, chosen) for chosen in (seen, uncovered)]
    return Cover(share, outline.astype(np.uint8), *shares)


def shown_points(
    chance: npt.NDArray[np.uint8], matrix: FloatArray, points: FloatArray, height: int, width: int
) -> BoolArray:
    """(N,) whether points (N, 3), px and depth, lie in picture and crop and are not covered."""
    at = in_mask(matrix, points)
    cells = np.floor((at + 0.5) * (CELLS / len(chance)))
    inside = (points[:, :2] > -0.5).all(1) & (
        points[:, :2] < np.array([width - 0.5, height - 0.5], np.float32)
    ).all(1)
    inside &= (points[:, 2] > 0) & ((cells >= 0) & (cells < CELLS)).all(1)
    return np.asarray(inside & ~is_covered(chance, np.where(inside[:, None], at, 0)))


def occlusion_mask(
    chance: npt.NDArray[np.uint8],
    outline: npt.NDArray[np.uint8],
    matrix: FloatArray,
    height: int,
    width: int,
) -> BoolArray:
    """(H, W) whether a pixel lies within the outline and is covered."""
    y, x = np.mgrid[:height, :width]
    at = in_mask(matrix, np.column_stack([x.ravel(), y.ravel()]).astype(float))
    cells = np.floor((at + 0.5) * (CELLS / len(chance)))
    inside = np.asarray(((cells >= 0) & (cells < CELLS)).all(1))
    column, row = np.where(inside[:, None], cells, 0).astype(int).T
    inside = np.asarray(inside & (outline[row, column] != 0))
    covered = is_covered(chance, np.where(inside[:, None], at, 0))
    return np.asarray(inside & covered).reshape(height, width)


def in_mask(matrix: FloatArray, points: npt.NDArray[np.floating[Any]]) -> DoubleArray:
    """(N, 2) px of the mask of points (N, 2 or more), px of the picture."""
    x, y = points[:, 0].astype(float), points[:, 1].astype(float)
    return np.column_stack([row[0] * x + row[1] * y + row[2] for row in matrix.astype(float)])


def is_covered(chance: npt.NDArray[np.uint8], at: DoubleArray) -> BoolArray:
    """(N,) whether the mask's nearest pixel to each place (N, 2) is covered."""
    column, row = np.clip(np.floor(at + 0.5), 0, len(chance) - 1).astype(int).T
    return np.asarray(chance[row, column] >= COVERED)


def closed(cells: BoolArray) -> BoolArray:
    """Cells dilated, then eroded; edges are repeated."""
    for wanted in (True, False):
        padded = np.pad(cells == wanted, CLOSING, mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * CLOSING + 1,) * 2)
        found = np.asarray(windows.any(axis=(2, 3)), np.bool_)
        cells = found if wanted else np.logical_not(found)
    return np.asarray(cells)


def _motion_shares(moved: list[tuple[IntArray, FloatArray]], chosen: BoolArray) -> FloatArray:
    out = np.ones(len(moved), np.float32)
    for e, (rows, weights) in enumerate(moved):
        if len(rows):
            weight = weights.astype(float)
            out[e] = weight[chosen[rows]].sum() / weight.sum()
    return out
