"""Parts that canvases are made of: photos of the face sets, textures, what looks like a face and is none."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector.canvas import Array, Canvas, Image
from training.detector.geometry import map_boxes, map_points, similarity, visible, warp
from training.detector.pack import Pack
from training.detector.synthetic_signs import sign

BORDERS = (cv2.BORDER_CONSTANT, cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE)
KEEP, UNSURE = 0.62, 0.25  # visible share of a face: found, or without loss, or gone


class Tiles:
    """Draws parts of canvases.

    Args:
        faces: photos of the face sets.
        numbers: those of them that may be drawn.
        textures: pictures without faces.
        set_weights: how many times as often as by its size a set is drawn.
        rng: shared with the composer.
    """

    def __init__(
        self,
        faces: Pack,
        numbers: NDArray[np.int64],
        textures: Pack,
        set_weights: Mapping[str, float],
        rng: np.random.Generator,
    ) -> None:
        self.faces, self.textures, self.rng = faces, textures, rng
        # The sets differ in size and worth: draw a set first, softly by its size.
        of_set = faces.set[numbers]
        self.by_set = [numbers[of_set == s] for s in range(len(faces.sets))]
        named = zip(self.by_set, faces.sets, strict=True)
        weight = np.array([len(n) ** 0.6 * set_weights.get(s, 1.0) for n, s in named])
        self.set_chance = weight / weight.sum()

    def texture(self) -> Image:
        """One of the textures, BGR."""
        return self.textures.level(int(self.rng.integers(len(self.textures))), 0)

    def pick(self) -> int:
        """Number of a photo of the face sets."""
        group = self.by_set[self.rng.choice(len(self.by_set), p=self.set_chance)]
        return int(group[self.rng.integers(len(group))])

    def turn(self) -> float:
        """Degrees: mostly upright, some far from it, a tenth anywhere in the full turn."""
        draw = self.rng.random()
        if draw < 0.55:
            return float(self.rng.normal(0, 8))
        return float(self.rng.uniform(-48, 48) if draw < 0.9 else self.rng.uniform(-180, 180))

    def tile(self, width: int, height: int, face: float | None = None) -> Canvas:
        """One picture of the face sets in a rectangle, its labelled face `face` px large."""
        i = self.pick()
        box = self.faces.boxes[self.faces.faces(i)][0]
        size = float(np.sqrt(box[2] * box[3]))
        if face is None:
            face = min(width, height) * float(self.rng.uniform(0.35, 0.8))
        centre = box[:2] + box[2:] / 2
        slack = np.maximum(np.array([width, height]) - 0.9 * face, 2) / 2
        target = np.array([width, height]) / 2 + self.rng.uniform(-1, 1, 2) * slack * 0.8
        matrix = similarity(centre, target, face / size, self.turn(), bool(self.rng.random() < 0.5))
        return self.warped(self.faces, i, matrix, width, height)

    def warped(self, pack: Pack, i: int, matrix: Array, width: int, height: int) -> Canvas:
        """Picture i of a pack under an affine map, with the faces of which enough is left."""
        value = tuple(int(v) for v in self.rng.integers(0, 256, 3)) if self.rng.random() < 0.5 else (0, 0, 0)
        pixels = warp(pack, i, matrix, width, height, int(self.rng.choice(BORDERS)), value)
        which = pack.faces(i)
        boxes, points = map_boxes(pack.boxes[which], matrix), map_points(pack.points[which], matrix)
        seen = visible(boxes, width, height)
        kind = np.where(pack.sure[which] & (seen >= KEEP), 1, 0)
        canvas = Canvas(pixels)
        canvas.add(boxes[seen > UNSURE], points[seen > UNSURE], kind[seen > UNSURE])
        return canvas

    def without_face(self, width: int, height: int) -> Canvas:
        """A hard negative: a head with its face painted over or shuffled, a texture, or clothes."""
        draw = self.rng.random()
        if draw < 0.15:
            return Canvas(cv2.resize(sign(self.rng), (width, height), interpolation=cv2.INTER_AREA))
        if draw < 0.3:
            return Canvas(cv2.resize(self.texture(), (width, height), interpolation=cv2.INTER_AREA))
        tile = self.tile(width, height)
        if draw < 0.55:  # beside the face, enlarged: hair, shoulders, background
            i = self.pick()
            box = self.faces.boxes[self.faces.faces(i)][0]
            h, w = self.faces.shape[i, 0]
            corners = np.array([[0, 0], [w, 0], [0, h], [w, h]])
            corner = corners[self.rng.integers(4)] * 0.8 + np.array([w, h]) * 0.1
            scale = min(width, height) / max(8.0, float(np.sqrt(box[2] * box[3]))) * self.rng.uniform(1, 3)
            matrix = similarity(corner, np.array([width, height]) / 2, scale, self.turn(), False)
            return self.warped(self.faces, i, matrix, width, height)
        for box in tile.boxes:
            x0, y0 = np.maximum(box[:2], 0).astype(int)
            x1, y1 = np.minimum(box[2:], (width, height)).astype(int)
            region = tile.pixels[y0:y1, x0:x1]
            if min(region.shape[:2]) < 6:
                continue
            if draw < 0.8:  # an oval of another surface in the head's place
                other = cv2.resize(self.texture(), region.shape[1::-1])
                if self.rng.random() < 0.5:
                    other[:] = region.reshape(-1, 3).mean(0).astype(np.uint8)
                oval = np.zeros(region.shape[:2], np.uint8)
                cv2.ellipse(
                    oval,
                    (region.shape[1] // 2, region.shape[0] // 2),
                    (int(region.shape[1] * 0.55), int(region.shape[0] * 0.55)),
                    0,
                    0,
                    360,
                    255,
                    -1,
                )
                region[oval > 0] = other[oval > 0]
            else:
                half = region.shape[0] // 3
                order = self.rng.permutation(3)
                if (order == np.arange(3)).all():
                    order = order[::-1]
                strips = [region[k * half : (k + 1) * half].copy() for k in order]
                for k, strip in enumerate(strips):
                    region[k * half : (k + 1) * half] = strip
        # part of the face may remain: no loss there unless it was painted over
        return (
            Canvas(tile.pixels)
            if draw < 0.8
            else Canvas(tile.pixels, tile.boxes, tile.points, [0] * len(tile.boxes))
        )
