"""NumPy reference of csrc/pipeline/completion and drawn_completion.

What both networks see, how a drawn face takes the photo's colours, and how a picture is painted.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import BoolArray, FloatArray, Picture
from facesdk.reference.contours import contours
from facesdk.reference.occlusion import CELLS, COVERED

WIDEN = 2  # px: the mask network leaves a rim of what covers the face

REACH, PASSES = 10, 3  # px of the box filter on each side, and how often it is applied
USUAL = 0.02  # weight of the mean difference: far from pixels that are seen
MOST_AWAY = 60  # gray levels of one pixel's difference from the mean: hair, covers that the mask misses
WIDEST_HOLE = 24  # px from its middle
HOLE = (70, 35, 35)  # gray levels of RGB: an open mouth is not drawn

Bytes = npt.NDArray[np.uint8]


def covered_pixels(chance: Bytes, outline: Bytes) -> BoolArray:
    """(S, S) what is generated: covered pixels of the outline, widened by WIDEN px.

    Args:
        chance: (S, S) of being covered, in 255ths.
        outline: (CELLS, CELLS), 1 where the face is.
    """
    side = len(chance)
    cell = np.floor((np.arange(side) + 0.5) * (CELLS / side)).astype(int)
    covered = (chance >= COVERED) & (outline[cell[:, None], cell] > 0)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(covered, WIDEN), (2 * WIDEN + 1,) * 2)
    return np.asarray(windows.any(axis=(2, 3)))


def contours_input(crop: Picture, covered: BoolArray) -> tuple[Picture, Bytes]:
    """Pixels (S, S, 4) of N_cont: gray without what is covered, mask, contours without what is covered, 0;
    and the contours (S, S) of the whole crop (S, S, 3)."""
    gray = ((crop @ np.array([4899, 9617, 1868]) + (1 << 13)) >> 14).astype(np.uint8)
    lines = contours(gray)
    planes = [np.where(covered, 0, gray), covered * 255, np.where(covered, 0, lines * 255), 0 * gray]
    return np.stack(planes, -1).astype(np.uint8), lines


def picture_input(crop: Picture, covered: BoolArray, lines: Bytes, logits: FloatArray) -> Picture:
    """Pixels (S, S, 4) of N_syn: the crop (S, S, 3) without what is covered, and (2 mask + contours) / 3.

    Args:
        crop: (S, S, 3).
        covered: (S, S).
        lines: (S, S), contours of the crop.
        logits: (S, S) of N_cont.
    """
    chance = 1 / (1 + np.exp(-logits.astype(np.float64).clip(-30, 30)))
    plane = np.where(covered, (2 + chance) / 3 * 255, lines * 85.0)
    return np.concatenate([np.where(covered[..., None], 0, crop), plane[..., None] + 0.5], -1).astype(
        np.uint8
    )


def paint(picture: Picture, rgb: Picture, generated: Bytes, matrix: FloatArray) -> tuple[Picture, BoolArray]:
    """Paint the generated pixels of a crop over a picture (H, W, 3); it, and (H, W) which pixels changed.

    Args:
        picture: (H, W, 3).
        rgb: (S, S, 3) of N_syn.
        generated: (S, S), 1 where it replaces the picture.
        matrix: (2, 3), px of the picture -> px of the crop.
    """
    side = len(rgb)
    row, column = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float64)
    m = matrix.astype(np.float64)
    x, y = (m[k, 0] * column + m[k, 1] * row + m[k, 2] for k in (0, 1))
    inside = (x >= -0.5) & (y >= -0.5) & (x < side - 0.5) & (y < side - 0.5)
    x, y = x.clip(0, side - 1), y.clip(0, side - 1)
    left, top = x.astype(int), y.astype(int)
    right, down = np.minimum(left + 1, side - 1), np.minimum(top + 1, side - 1)
    fx, fy = (x - left)[..., None], (y - top)[..., None]
    maps = np.concatenate([generated[..., None], rgb], -1).astype(np.float64)
    upper = maps[top, left] * (1 - fx) + maps[top, right] * fx
    lower = maps[down, left] * (1 - fx) + maps[down, right] * fx
    mixed = upper * (1 - fy) + lower * fy
    share = mixed[..., :1]
    changed = inside & (share[..., 0] > 0)
    painted = (share * mixed[..., 1:] + (1 - share) * picture + 0.5).astype(np.uint8)
    return np.where(changed[..., None], painted, picture), changed


def blend_drawn_face(
    crop: Picture, mask: Bytes, outline: Bytes, color: FloatArray, depth: FloatArray
) -> tuple[Picture, Bytes]:
    """Bring a drawn face to the photo's colours round its cover.

    Args:
        crop: (S, S, 4), the photo.
        mask: (S, S), 1 where covered.
        outline: (CELLS, CELLS), 1 where the face is.
        color: (S, S, 3) of the drawn face, 0..1.
        depth: (S, S) mm, 0 where nothing is drawn.

    Returns:
        (S, S, 3) the photo with the drawn face where it is covered, and (S, S) 1 there.
    """
    side = len(crop)
    cell = ((np.arange(side) + 0.5) * (CELLS / side)).astype(int)
    drawn, covered, photo = depth > 0, mask > 0, crop[..., :3].astype(np.float64)
    levels = np.floor(color * np.float32(255) + np.float32(0.5)).astype(np.float64)
    seen = drawn & ~covered & (outline[cell[:, None], cell] > 0)
    away = photo - levels
    mean = np.floor(away[seen].sum(0) / seen.sum() + 0.5) if seen.any() else np.zeros(3)
    bounded = mean + (away - mean).clip(-MOST_AWAY, MOST_AWAY)
    planes = np.where(seen[..., None], np.concatenate([bounded, np.ones((side, side, 1))], -1), 0)
    for _ in range(PASSES):
        for axis in (0, 1):
            width = [(REACH, REACH) if axis == k else (0, 0) for k in range(3)]
            planes = np.lib.stride_tricks.sliding_window_view(np.pad(planes, width), 2 * REACH + 1, axis).sum(
                -1
            )
    whole = USUAL * float(2 * REACH + 1) ** (2 * PASSES)
    field = (planes[..., :3] + whole * mean) / (planes[..., 3:] + whole)
    hole = ~drawn
    for axis, sign in ((0, 1), (0, -1), (1, 1), (1, -1)):
        padded = np.pad(drawn, WIDEST_HOLE)
        inner = slice(WIDEST_HOLE, WIDEST_HOLE + side)
        hole &= np.any(
            [np.roll(padded, sign * k, axis)[inner, inner] for k in range(1, WIDEST_HOLE + 1)], axis=0
        )
    generated = covered & (drawn | hole)
    made = np.where(drawn[..., None], levels + field, np.array(HOLE))
    filled = np.where(generated[..., None], made.clip(0, 255) + 0.5, photo)
    return filled.astype(np.uint8), generated.astype(np.uint8)
