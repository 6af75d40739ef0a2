"""Things put in front of evaluation faces, the same at every run: blobs, a medical mask, sunglasses.

Blobs. A smooth random field over the box of the true points is cut at the level that covers exactly the
wanted share of the box's pixels; the field is white noise blurred by 0.10 to 0.22 of the box's longer side,
so that one to some round-ended patches come out. They reach beyond the box where the field does, 0.15 of
its side at most. Each picture's patches are filled with one of four procedural textures in random colours:
waves, checks, dots, clouds; their edge is one pixel soft. Seed: (SEED, picture's number, per cent), NumPy's
PCG64. Training covers faces with ragged ellipses and boxes cut from other photos
(training/augmentation/occluders.py): neither shape nor filling is shared.

Mask. The templates of MaskTheFace (MIT) with their six anchors, put on the jaw's corners, nose bridge and
chin of the true points by a thin-plate spline; turned heads get the template of their side; the
kind goes round with the picture's number.

Sunglasses. One template by an affine map: its width from the outer end of one brow to the other's, its height
that of a frontal face, turned with the line between them, centred on the eyes.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from benchmarks.metrics.landmark_errors import Array

SEED = 2023
REACH = 0.15  # of the box's longer side: how far a blob goes beyond the box
MASK_KINDS = ("surgical", "N95", "KN95", "cloth", "surgical_blue", "surgical_green", "gas")
# iBUG points for a mask's anchors: top left, middle, right, bottom left, middle, right.
MASK_POINTS = (1, 28, 15, 5, 8, 11)
TURNED = 0.34  # the nose nearer than this to one side of the jaw: the template of that side
GLASSES_WIDTH = 1.16  # over the distance between the outer ends of the brows
BROWS_TO_CHIN = 1.03  # that distance over the one from nose bridge to chin, median of frontal faces


def blobs(picture: Array, points: Array, per_cent: int, number: int) -> Array:
    """The picture with per_cent of the points' box covered."""
    rng = np.random.default_rng([SEED, number, per_cent])
    low, high = np.floor(points.min(0)), np.ceil(points.max(0))
    side = float((high - low).max())
    reach = round(REACH * side)
    x0, y0 = (int(v) - reach for v in low)
    width, height = (int(v) + 1 + 2 * reach for v in high - low)
    field = smooth(rng, height, width, side * rng.uniform(0.10, 0.22))
    inner = field[reach : height - reach, reach : width - reach]
    level = float(np.quantile(inner, 1 - per_cent / 100))
    slope = np.maximum(np.hypot(*np.gradient(field)), 1e-9)
    cover = np.clip((field - level) / slope + 0.5, 0, 1)
    return paste(picture, texture(rng, height, width, side), cover, x0, y0)


def smooth(rng: np.random.Generator, height: int, width: int, sigma: float) -> Array:
    """White noise blurred by sigma px, mean 0 and deviation 1; drawn coarse, so that it costs little."""
    step = max(sigma / 4, 1.0)
    small: Array = rng.normal(size=(int(height / step) + 24, int(width / step) + 24)).astype(np.float32)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step)[8:-8, 8:-8]
    field = cv2.resize(small, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)[:height, :width]
    return np.asarray((field - field.mean()) / max(float(field.std()), 1e-9))


def texture(rng: np.random.Generator, height: int, width: int, side: float) -> Array:
    """(height, width, 3) in 0..255: waves, checks, dots or clouds between two or three colours."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), side * rng.uniform(0.04, 0.16)
    u = (np.cos(angle) * x + np.sin(angle) * y) / period
    v = (np.cos(angle) * y - np.sin(angle) * x) / period
    kind = int(rng.integers(4))
    mix: Array
    if kind == 0:
        mix = 0.5 + 0.5 * np.sin(2 * np.pi * u + 1.5 * smooth(rng, height, width, 0.08 * side))
    elif kind == 1:
        mix = ((np.floor(u) + np.floor(v)) % 2).astype(np.float32)
    elif kind == 2:
        mix = (np.hypot(u % 1 - 0.5, v % 1 - 0.5) < rng.uniform(0.2, 0.4)).astype(np.float32)
    else:
        mix = 0.5 + 0.5 * np.tanh(smooth(rng, height, width, 0.05 * side))
    first, second, third = rng.uniform(0, 255, (3, 3))
    shade = np.clip(0.5 + 0.25 * smooth(rng, height, width, 0.2 * side), 0, 1)[:, :, None]
    color = first + mix[:, :, None] * (second - first)
    return np.asarray(color * (0.6 + 0.4 * shade) + 0.15 * (third - color) * shade)


def paste(picture: Array, color: Array, cover: Array, x0: int, y0: int) -> Array:
    """The picture with `color` laid over it by `cover` (h, w) in 0..1, its corner at x0, y0."""
    out = picture.astype(np.float32)
    height, width = cover.shape
    top, left = max(y0, 0), max(x0, 0)
    bottom, right = min(y0 + height, picture.shape[0]), min(x0 + width, picture.shape[1])
    if top < bottom and left < right:
        part = slice(top - y0, bottom - y0), slice(left - x0, right - x0)
        window = out[top:bottom, left:right]
        window += cover[part][:, :, None] * (color[part] - window)
    return np.asarray(np.clip(out + 0.5, 0, 255), np.uint8)


class Templates:
    """The folder of masks and glasses: PNG with alpha, mask_points.json."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._anchors = json.loads((folder / "mask_points.json").read_text())

    def mask(self, picture: Array, points: Array, number: int) -> Array:
        """The picture with a mask over mouth and nose."""
        left, right = points[1, 0], points[15, 0]
        place = (points[30, 0] - left) / max(right - left, 1e-6)
        turn = "_left" if place < TURNED else "_right" if place > 1 - TURNED else ""
        kind = MASK_KINDS[number % len(MASK_KINDS)]
        name = f"mask_{kind}{turn}.png"
        if name not in self._anchors:
            name = f"mask_{kind}.png"
        anchors = np.array(self._anchors[name])
        targets = points[list(MASK_POINTS)]
        # The map from the picture to the template, looked up on a coarse grid and enlarged.
        low, high = targets.min(0), targets.max(0)
        room = 0.35 * (high - low).max()
        x0, y0 = (int(v) for v in np.floor(low - room))
        width, height = (int(v) for v in np.ceil(high - low + 2 * room))
        step = max(width // 64, 1)
        gx, gy = np.meshgrid(np.arange(0, width + step, step), np.arange(0, height + step, step))
        back = RBFInterpolator(targets - [x0, y0], anchors, kernel="thin_plate_spline")
        found = back(np.stack([gx.ravel(), gy.ravel()], 1).astype(float)).reshape(*gx.shape, 2)
        rows, columns = np.mgrid[:height, :width].astype(np.float32) / step
        maps = [
            cv2.remap(found[:, :, k].astype(np.float32), columns, rows, cv2.INTER_LINEAR) for k in range(2)
        ]
        return self._lay(picture, name, maps[0], maps[1], x0, y0)

    def sunglasses(self, picture: Array, points: Array) -> Array:
        """The picture with sunglasses."""
        name = "sunglasses.png"
        height, width = self._read(name).shape[:2]
        across = points[26] - points[17]
        length = max(float(np.linalg.norm(across)), 1.0)
        upright = max(float(np.linalg.norm(points[8] - points[27])) * BROWS_TO_CHIN, length)
        scale = np.array([length, upright]) * GLASSES_WIDTH / width
        turn = np.stack([across / length, np.array([-across[1], across[0]]) / length])
        centre = points[36:48].mean(0)
        half = 0.75 * upright
        x0, y0 = (int(v) for v in np.floor(centre - half))
        rows, columns = np.mgrid[: int(2 * half) + 2, : int(2 * half) + 2].astype(np.float32)
        offset = np.stack([columns + x0, rows + y0], 2) - centre
        place = offset @ turn.T / scale + [width / 2, 0.42 * height]
        x, y = (np.ascontiguousarray(place[:, :, k], np.float32) for k in range(2))
        return self._lay(picture, name, x, y, x0, y0)

    def _lay(self, picture: Array, name: str, x: Array, y: Array, x0: int, y0: int) -> Array:
        taken = cv2.remap(self._read(name), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return paste(picture, taken[:, :, :3].astype(np.float32), taken[:, :, 3] / np.float32(255), x0, y0)

    def _read(self, name: str) -> Array:
        bgra = np.asarray(cv2.imread(str(self._folder / name), cv2.IMREAD_UNCHANGED))
        return np.ascontiguousarray(bgra[:, :, [2, 1, 0, 3]])
